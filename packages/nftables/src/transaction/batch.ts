import { NLM_F_ACK, NLM_F_ECHO, NLM_F_REQUEST, NLMSG_HDRLEN, Writer, writeMessage } from '@sallyport/linux'
import { nlmsgType } from '../messages/index.ts'
import { Bodies } from './bodies.ts'
import { begin, end } from './frame.ts'
import { type BatchMessage, type Forms, type Kind, messagesOf, type Operation, type Refs } from './operation.ts'
import { Origin } from './origin.ts'

export interface BatchOptions {
  /**
   * Note where each operation was added, for the error that names it. Default: true. It costs some two microseconds for
   * each call, however many elements it adds.
   */
  readonly sources?: boolean | undefined
}

export interface EncodeOptions {
  /** Without the end, the kernel checks everything and changes nothing. Default: true. */
  readonly end?: boolean | undefined
  /** The first message is to be echoed, which brings with it the generation that the batch makes. Default: false. */
  readonly echo?: boolean | undefined
  /** The last message is to be acknowledged, which the kernel does when all of it is done or refused. Default: false. */
  readonly acknowledge?: boolean | undefined
}

/**
 * Changes that the kernel makes all together or not at all. They are made in the order in which they were collected;
 * names and ids of earlier ones can be used by later ones.
 */
export class Batch {
  readonly #operations: Operation[] = []
  readonly #messages: BatchMessage[] = []
  readonly #bodies = new Bodies()
  readonly #sources: boolean

  constructor({ sources = true }: BatchOptions = {}) {
    this.#sources = sources
  }

  get operations(): readonly Operation[] {
    return this.#operations
  }

  /** Messages as they will be sent, without the two that frame the batch. */
  get messages(): readonly BatchMessage[] {
    return this.#messages
  }

  /** How many messages it takes, without the two that frame the batch. */
  get size(): number {
    return this.#messages.length
  }

  push(operation: Operation): this {
    const whence = this.#sources && operation.origin === undefined
    const noted = whence ? { ...operation, origin: Origin.here() } : operation
    const messages = messagesOf(noted, this.#bodies)
    this.#operations.push(noted)
    for (const message of messages) this.#messages.push(message)
    return this
  }

  /**
   * Adds it, or changes the existing one as far as the kernel can. A rule goes to the end of its chain, or behind the
   * one at `position`. An existing element stays as it is: a new value or timeout wants a delete first.
   */
  add<K extends Kind>(kind: K, value: Forms[K]): this {
    return this.push({ verb: 'add', kind, value })
  }

  /** Adds it; EEXIST if it is there already. */
  create<K extends Kind>(kind: K, value: Forms[K]): this {
    return this.push({ verb: 'create', kind, value })
  }

  /** Adds a rule at the beginning of its chain, or before the one at `position`. */
  insert(kind: 'rule', value: Forms['rule']): this {
    return this.push({ verb: 'insert', kind, value })
  }

  /** Puts a rule in the place of the one with its `handle`; the new one gets another handle. */
  replace(kind: 'rule', value: Forms['rule'] & { handle: bigint }): this {
    return this.push({ verb: 'replace', kind, value })
  }

  /** Gives the chain with this `handle` another name. */
  rename(kind: 'chain', value: Forms['chain'] & { handle: bigint }): this {
    return this.push({ verb: 'rename', kind, value })
  }

  /** Deletes it; ENOENT if it is not there. A table goes with all that is in it. No elements: nothing is deleted. */
  delete<K extends Kind>(kind: K, value: Refs[K]): this {
    return this.#remove('delete', kind, value)
  }

  /** Deletes it if it is there. Needs Linux 6.3. */
  destroy<K extends Kind>(kind: K, value: Refs[K]): this {
    return this.#remove('destroy', kind, value)
  }

  /** Deletes all rules of a table or a chain, or all elements of a set. */
  flush(kind: 'table', value: Refs['table']): this
  flush(kind: 'chain' | 'set', value: Refs['chain']): this
  flush(kind: 'table' | 'chain' | 'set', value: Refs['table'] & { table?: string }): this {
    const { family, table = value.name, name } = value
    if (kind === 'table') return this.push({ verb: 'delete', kind: 'rule', value: { family, table } })
    if (kind === 'chain') return this.push({ verb: 'delete', kind: 'rule', value: { family, table, chain: name } })
    return this.push({ verb: 'delete', kind: 'elements', value: { family, table, set: name, elements: [] } })
  }

  /** Both, one behind the other. */
  concat(other: Batch): Batch {
    const both = new Batch({ sources: this.#sources })
    for (const { operations, messages } of [this, other]) {
      for (const operation of operations) both.#operations.push(operation)
      for (const message of messages) both.#messages.push(message)
    }
    return both
  }

  /** The datagram. Its messages are numbered from `firstSequence`; `generation` makes it void when that is not current. */
  encode(
    firstSequence: number,
    generation?: number,
    { end: ended = true, echo = false, acknowledge = false }: EncodeOptions = {},
  ): Uint8Array {
    // Large from the beginning: growing would take the memory of a million elements twice more.
    const out = new Writer(this.#messages.reduce((sum, { body }) => sum + NLMSG_HDRLEN + body.length + 3, 256))
    writeMessage(out, begin(firstSequence, generation))
    let sequence = firstSequence
    const last = firstSequence + this.#messages.length
    for (const { name, flags, body } of this.#messages) {
      sequence += 1
      // Thousands of elements would each be echoed in a message of its own, and so is all that goes with a table.
      const brief = body.length < 256 && !/^(del|destroy)/.test(name)
      const echoed = echo && brief && sequence === firstSequence + 1 ? NLM_F_ECHO : 0
      const asked = acknowledge && sequence === last ? NLM_F_ACK : 0
      writeMessage(out, { type: nlmsgType(name), flags: flags | echoed | asked | NLM_F_REQUEST, sequence, body })
    }
    if (ended) writeMessage(out, end(sequence + 1))
    return out.finish()
  }

  #remove<K extends Kind>(verb: 'delete' | 'destroy', kind: K, value: Refs[K]): this {
    if (kind === 'elements' && (value as Refs['elements']).elements.length === 0) return this
    const { handle, id } = value as { handle?: bigint; id?: number }
    if (kind === 'rule' && handle === undefined && id === undefined) {
      throw new TypeError('a rule without a handle cannot be deleted; flush() deletes all of its chain')
    }
    return this.push({ verb, kind, value })
  }
}

import { NLM_F_REQUEST, Writer, writeMessage } from '@sallyport/linux'
import { nlmsgType } from '../messages/index.ts'
import { begin, end } from './frame.ts'
import { type BatchMessage, type Forms, type Kind, messagesOf, type Operation, type Refs } from './operation.ts'

/**
 * Changes that the kernel makes all together or not at all. They are made in the order in which they were collected;
 * names and ids of earlier ones can be used by later ones.
 */
export class Batch {
  readonly #operations: Operation[] = []
  readonly #messages: BatchMessage[] = []

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
    const messages = messagesOf(operation)
    this.#operations.push(operation)
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

  /** Deletes it; ENOENT if it is not there. A table goes with all that is in it. No elements: nothing is deleted. */
  delete<K extends Kind>(kind: K, value: Refs[K]): this {
    return this.#remove('delete', kind, value)
  }

  /** Deletes it if it is there. Needs Linux 6.3. */
  destroy<K extends Kind>(kind: K, value: Refs[K]): this {
    return this.#remove('destroy', kind, value)
  }

  /** Deletes all rules of a chain, or all elements of a set. */
  flush(kind: 'chain' | 'set', { family, table, name }: Refs['chain']): this {
    if (kind === 'chain') return this.push({ verb: 'delete', kind: 'rule', value: { family, table, chain: name } })
    return this.push({ verb: 'delete', kind: 'elements', value: { family, table, set: name, elements: [] } })
  }

  /** The datagram. Its messages are numbered from `firstSequence`; `generation` makes it void when that is not current. */
  encode(firstSequence: number, generation?: number): Uint8Array {
    const out = new Writer(1 << 16)
    writeMessage(out, begin(firstSequence, generation))
    let sequence = firstSequence
    for (const { name, flags, body } of this.#messages) {
      sequence += 1
      writeMessage(out, { type: nlmsgType(name), flags: flags | NLM_F_REQUEST, sequence, body })
    }
    writeMessage(out, end(sequence + 1))
    return out.finish()
  }

  #remove<K extends Kind>(verb: 'delete' | 'destroy', kind: K, value: Refs[K]): this {
    if (kind === 'elements' && (value as Refs['elements']).elements.length === 0) return this
    if (kind === 'rule' && (value as Partial<Refs['rule']>).handle === undefined) {
      throw new TypeError('a rule without a handle cannot be deleted; flush() deletes all of its chain')
    }
    return this.push({ verb, kind, value })
  }
}

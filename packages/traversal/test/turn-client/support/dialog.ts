import {
  type Attached,
  decodeMessage,
  type Endpoint,
  encodeMessage,
  type IntegrityAlgorithm,
  integrity,
  type Message,
  type Seal,
} from '../../../src/stun/index.ts'
import { TurnClient, type TurnClientEvent, type TurnClientOptions } from '../../../src/turn/client/index.ts'
import { SERVER } from './net.ts'

export interface Sealed {
  readonly key: Uint8Array
  readonly algorithm?: IntegrityAlgorithm
}

/** A client and a server that says exactly what the test wants. */
export class Dialog {
  now = 1000
  /** Where what the client hears comes from. */
  speaker: Endpoint = SERVER
  readonly machine: TurnClient
  readonly events: TurnClientEvent[] = []
  /** What the client said and was not taken by {@link next} yet. */
  readonly said: { to: Endpoint; bytes: Uint8Array; message: Message | undefined }[] = []
  #count = 0

  constructor(options: Partial<TurnClientOptions> = {}) {
    const random = (length: number): Uint8Array => {
      this.#count += 1
      return Uint8Array.from({ length }, (_, index) => (index === 0 ? this.#count : index))
    }
    const login = { username: 'alice', password: 'secret', server: SERVER, random }
    this.machine = new TurnClient({ ...login, ...options }, this.now)
    this.poll()
  }

  /** The next message of the client. */
  next(): Message {
    const message = this.said.shift()?.message
    if (message === undefined) throw new Error('the client says nothing')
    return message
  }

  answer(to: Message, kind: 'success' | 'error', attributes: readonly Attached[], sealed?: Sealed): Uint8Array {
    const header = { class: kind, method: to.method, transaction: to.transaction } as const
    const seals: Seal[] = sealed === undefined ? [] : [integrity(sealed.key, sealed.algorithm)]
    const bytes = encodeMessage(header, attributes, seals)
    this.hear(bytes)
    return bytes
  }

  hear(bytes: Uint8Array, from: Endpoint = this.speaker): void {
    this.machine.handle(bytes, from, this.now)
    this.poll()
  }

  wait(ms: number): void {
    const end = this.now + ms
    while (this.machine.deadline <= end) {
      this.now = Math.max(this.now, this.machine.deadline)
      this.poll()
    }
    this.now = end
  }

  poll(): void {
    const { datagrams, events } = this.machine.poll(this.now)
    this.events.push(...events)
    this.said.push(...datagrams.map(({ to, bytes }) => ({ to, bytes, message: decodeMessage(bytes) })))
  }

  /** Why it was closed. */
  get closed(): Extract<TurnClientEvent, { type: 'closed' }> | undefined {
    return this.events.find((event) => event.type === 'closed')
  }
}

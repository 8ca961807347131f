import { closeDescriptor } from '@sallyport/linux'
import { type AnswerCells, CounterCells, type Counters, sum } from '../datapath/index.ts'
import {
  type Certificate,
  defaultStreamLimits,
  listenAll,
  type StreamAddress,
  type StreamListener,
  TlsGate,
} from '../streams/index.ts'
import type { Endpoint } from '../stun/index.ts'
import type { Order } from './messages.ts'
import type { Hear, Part } from './part.ts'
import type { Listening, ServerSettings } from './settings.ts'
import { type Inward, Thread } from './thread.ts'
import type { SharedCells, StreamThreadSettings, ThreadCells } from './thread-settings.ts'

const file = new URL('./stream-thread.ts', import.meta.url)

export interface StreamPartSettings extends Pick<ServerSettings, 'relay' | 'certificate'> {
  readonly listen: Pick<Listening, 'tcp' | 'tls'>
  readonly shared: SharedCells
}

/** TCP and TLS as a part of a server: a thread with allocations of its own; TLS ends on the event loop of this one. */
export class StreamPart implements Part {
  /** With ports that the kernel chose where 0 was asked for. */
  readonly listen: Pick<Listening, 'tcp' | 'tls'>
  readonly #thread: Thread
  readonly #gate: TlsGate | undefined
  /** What is counted here: the thread has cells of its own. */
  readonly #counters: CounterCells

  private constructor(thread: Thread, gate: TlsGate | undefined, counters: CounterCells, listen: StreamPart['listen']) {
    this.#thread = thread
    this.#gate = gate
    this.#counters = counters
    this.listen = listen
    thread.inward = (notice) => this.#secure(notice)
  }

  /** Resolves when it serves; rejects when an address cannot be listened on or a certificate cannot be read. */
  static async start({ listen, certificate, relay, shared }: StreamPartSettings, hear: Hear): Promise<StreamPart> {
    const counters = new CounterCells()
    if (listen.tls.length > 0 && certificate === undefined) throw new Error('TLS needs a certificate and its key')
    const broken = (): void => counters.add('streamsBroken')
    const gate = certificate && new TlsGate(certificate, defaultStreamLimits.handshake, broken)
    const listeners = listenAll([...listen.tcp.map(over('tcp')), ...listen.tls.map(over('tls'))])
    const settings: Omit<StreamThreadSettings, keyof ThreadCells> = { listeners, relay, shared }
    const thread = new Thread(file, settings, hear)
    const part = new StreamPart(thread, gate, counters, { tcp: of(listeners, 'tcp'), tls: of(listeners, 'tls') })
    try {
      await thread.ready
      return part
    } catch (error) {
      for (const { fd } of listeners) closeDescriptor(fd)
      await part[Symbol.asyncDispose]()
      throw error
    }
  }

  get counters(): Counters {
    return sum([this.#thread.cells.read(), this.#counters.read()])
  }

  get answers(): readonly AnswerCells[] {
    return [this.#thread.answers]
  }

  get failure(): Promise<never> {
    return this.#thread.failure
  }

  order(order: Order): Promise<void> {
    return this.#thread.order(order)
  }

  /** For connections to come. Throws Error for one that cannot be read; the old one stays in force then. */
  present(certificate: Certificate): void {
    this.#gate?.certificate(certificate)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#thread.stop()
    await this.#gate?.close()
  }

  #secure(notice: Inward): void {
    if (notice.kind === 'secure') this.#gate?.secure(notice.id, notice.socket, notice.inside)
    else if (notice.kind === 'leave') this.#gate?.leave(notice.id)
  }
}

function over(transport: 'tcp' | 'tls'): (at: Endpoint) => StreamAddress {
  return ({ address, port }) => ({ transport, address, port })
}

function of(listeners: readonly StreamListener[], transport: 'tcp' | 'tls'): Endpoint[] {
  return listeners.filter((each) => each.transport === transport).map(({ address, port }) => ({ address, port }))
}

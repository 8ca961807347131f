import { randomBytes } from 'node:crypto'
import { CounterCells } from '../../../src/datapath/index.ts'
import {
  type Certificate,
  defaultStreamLimits,
  listenAll,
  type StreamAddress,
  StreamServer,
  type StreamSettings,
  TlsGate,
} from '../../../src/streams/index.ts'

export interface StreamHostSettings
  extends Omit<StreamSettings, 'listeners' | 'tls' | 'counters' | 'clock' | 'random'> {
  readonly listen: readonly StreamAddress[]
  readonly certificate?: Certificate
  readonly clock?: () => number
}

/** Turns of the event loop in which nothing was heard, until the host takes a rest. */
const PATIENCE = 2000

/** A server of streams that takes turns with the event loop of a test, where others have a thread that blocks. */
export class StreamHost implements AsyncDisposable {
  readonly counters: CounterCells = new CounterCells()
  readonly addresses: readonly StreamAddress[]
  readonly #server: StreamServer
  readonly #gate: TlsGate | undefined
  #quiet = 0
  #running = true

  private constructor({ listen, certificate, clock = Date.now, ...settings }: StreamHostSettings) {
    if (certificate === undefined && listen.some(({ transport }) => transport === 'tls')) {
      throw new Error('TLS needs a certificate and its key')
    }
    const handshake = { ...defaultStreamLimits, ...settings.limits }.handshake
    this.#gate = certificate && new TlsGate(certificate, handshake, () => this.counters.add('streamsBroken'))
    const listeners = listenAll(listen)
    this.addresses = listeners.map(({ transport, address, port }) => ({ transport, address, port }))
    const { counters } = this
    this.#server = new StreamServer({ ...settings, listeners, tls: this.#gate, counters, clock, random: randomBytes })
    this.#step()
  }

  static async start(settings: StreamHostSettings): Promise<StreamHost> {
    return new StreamHost(settings)
  }

  certificate(certificate: Certificate): void {
    this.#gate!.certificate(certificate)
  }

  drain(): void {
    this.#server.drain()
  }

  sweep(): void {
    this.#server.sweep()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#running = false
    this.#server.close()
    await this.#gate?.close()
  }

  readonly #step = (): void => {
    if (!this.#running) return
    const before = this.#sum()
    this.#server.step(0)
    this.#quiet = this.#sum() === before ? this.#quiet + 1 : 0
    if (this.#quiet > PATIENCE) setTimeout(this.#step, 1)
    else setImmediate(this.#step)
  }

  #sum(): number {
    return Object.values(this.counters.read()).reduce((total, count) => total + count, 0)
  }
}

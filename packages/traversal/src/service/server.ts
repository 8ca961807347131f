import { setTimeout as after } from 'node:timers/promises'
import { type AnswerCells, type Counters, sum } from '../datapath/index.ts'
import type { Journal } from './journal.ts'
import type { Order } from './messages.ts'
import { metricsOf } from './metrics.ts'
import { MetricsEndpoint } from './metrics-endpoint.ts'
import type { Part } from './part.ts'
import { probeUdp } from './probe.ts'
import { prometheusText } from './prometheus.ts'
import { SharedQuota } from './quota.ts'
import { serverError } from './server-error.ts'
import type { Listening, ServerSettings } from './settings.ts'
import { StreamPart } from './stream-part.ts'
import type { SharedCells } from './thread-settings.ts'
import { sharedCells, Threads } from './threads.ts'

/** Milliseconds between two looks at what is left. */
const LOOK = 100
/** Milliseconds between two looks at refusals that were not told of yet. */
const FLUSH = 10_000

/** A STUN or TURN server: its parts, its metrics, and what an operator tells it while it runs. */
export class Server implements AsyncDisposable {
  readonly #parts: readonly Part[]
  readonly #quota: SharedQuota
  readonly #settings: ServerSettings
  readonly #flush: NodeJS.Timeout
  readonly #started: number
  #metrics: MetricsEndpoint | undefined
  #reloads = { done: 0, failed: 0 }
  #draining = false

  private constructor(parts: readonly Part[], shared: SharedCells, settings: ServerSettings, journal: Journal) {
    this.#parts = parts
    this.#quota = new SharedQuota(shared.quota)
    this.#settings = settings
    this.#started = Date.now() / 1000
    this.#flush = setInterval(() => journal.flush(), FLUSH)
    this.#flush.unref()
  }

  /** Resolves when all of it serves; rejects, with nothing left behind, when an address cannot be listened on. */
  static async start(settings: ServerSettings, journal: Journal): Promise<Server> {
    const shared = sharedCells()
    const { parts, listen } = await startParts(settings, shared, journal)
    const server = new Server(parts, shared, { ...settings, listen }, journal)
    try {
      await server.#listenForMetrics()
      return server
    } catch (error) {
      await server[Symbol.asyncDispose]()
      throw serverError(error)
    }
  }

  /** Where it listens: with ports that the kernel chose where 0 was asked for. */
  get listen(): Listening {
    return this.#settings.listen
  }

  get metricsPort(): number | undefined {
    return this.#metrics?.port
  }

  get counters(): Counters {
    return sum(this.#parts.map(({ counters }) => counters))
  }

  /** Allocations that exist now. */
  get allocations(): number {
    return this.#quota.total
  }

  /** Rejects when a part of it fails. */
  get failure(): Promise<never> {
    return Promise.race(this.#parts.map(({ failure }) => failure))
  }

  /**
   * Other users, secrets, filters, limits and certificates; allocations live on. Resolves when all of the server goes by
   * them. Rejects with Error, and changes nothing, for a certificate that cannot be used.
   */
  async change({ relay, certificate }: Pick<ServerSettings, 'relay' | 'certificate'>): Promise<void> {
    const streams = this.#parts.find((part) => part instanceof StreamPart)
    if (certificate !== undefined) streams?.present(certificate) // first: it may throw
    if (relay !== undefined) await this.#order({ kind: 'policy', policy: relay.policy })
    this.#reloads.done += 1
  }

  /** A change that could not be read; counted, nothing else. */
  changeFailed(): void {
    this.#reloads.failed += 1
  }

  /** Resolves when no new allocations are taken any more. */
  async drain(): Promise<void> {
    await this.#order({ kind: 'drain' })
    this.#draining = true
  }

  /** Resolves when the last allocation has ended, or after so many seconds. */
  async emptied(seconds: number, signal?: AbortSignal): Promise<'empty' | 'timeout' | 'aborted'> {
    const end = Date.now() + seconds * 1000
    while (this.allocations > 0) {
      if (signal?.aborted) return 'aborted'
      if (Date.now() >= end) return 'timeout'
      await after(LOOK)
    }
    return 'empty'
  }

  /** All metrics in Prometheus' text format. */
  metrics(): string {
    const { relay, workers, listen } = this.#settings
    const answers: AnswerCells[] = this.#parts.flatMap((part) => part.answers)
    return prometheusText(
      metricsOf({
        counters: this.counters,
        answers,
        allocations: relay === undefined ? undefined : this.allocations,
        threads: listen.udp.length === 0 ? 0 : workers,
        draining: this.#draining,
        reloads: this.#reloads,
        started: this.#started,
      }),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#flush)
    await this.#metrics?.[Symbol.asyncDispose]()
    this.#metrics = undefined
    await Promise.all(this.#parts.map((part) => part[Symbol.asyncDispose]()))
  }

  async #order(order: Order): Promise<void> {
    await Promise.all(this.#parts.map((part) => part.order(order)))
  }

  async #listenForMetrics(): Promise<void> {
    const { metrics } = this.#settings
    if (metrics !== undefined) this.#metrics = await MetricsEndpoint.listen(metrics, () => this.metrics())
  }
}

interface Started {
  readonly parts: readonly Part[]
  /** With ports that the kernel chose where 0 was asked for. */
  readonly listen: Listening
}

async function startParts(settings: ServerSettings, shared: SharedCells, journal: Journal): Promise<Started> {
  const { listen, workers, relay, certificate } = settings
  const hear = journal.hear.bind(journal)
  const udp = listen.udp.map((each) => ({ ...each, port: probeUdp(each) }))
  const threads = udp.length === 0 ? [] : [await Threads.start(workers, { listen: udp, relay, shared }, hear)]
  if (listen.tcp.length + listen.tls.length === 0) return { parts: threads, listen: { ...listen, udp } }
  try {
    const streams = await StreamPart.start({ listen, relay, certificate, shared }, hear)
    return { parts: [...threads, streams], listen: { ...streams.listen, udp } }
  } catch (error) {
    await Promise.all(threads.map((part) => part[Symbol.asyncDispose]()))
    throw serverError(error)
  }
}

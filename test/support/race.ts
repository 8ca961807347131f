import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Endpoint, LabNode } from '@sallyport/lab'
import type { Course, Finish } from './racer.ts'

/** One thread of a race: the node whose socket sends, and where to. A node may have several threads. */
export interface Runner {
  readonly node: LabNode
  /** One datagram to each, right after the other. TCP: the first one only. */
  readonly to: readonly Endpoint[]
}

/** What happened at one local port. */
export interface Heat {
  readonly port: number
  /** Was every thread inside its system call at some one moment? */
  readonly overlapped: boolean
  /** Microseconds between the first and the last thread's start. */
  readonly spread: number
  /** TCP: the external port that each thread's connection was told; undefined when it did not come about. */
  readonly told: readonly (number | undefined)[]
}

/**
 * Threads that meet at a barrier which they spin at, before each packet: what they send next leaves on several cores
 * at once, as far as there are cores.
 */
export class Race implements AsyncDisposable {
  readonly #runners: readonly Runner[]
  readonly #workers: readonly Worker[]
  readonly #barrier = new Int32Array(new SharedArrayBuffer(4))

  private constructor(runners: readonly Runner[]) {
    const threads = runners.length
    this.#runners = runners
    this.#workers = runners.map(({ node }) => {
      const workerData = { namespace: node.namespace.path, barrier: this.#barrier, threads }
      return new Worker(new URL('./racer.ts', import.meta.url), { workerData })
    })
  }

  static async between(runners: readonly Runner[]): Promise<Race> {
    const race = new Race(runners)
    await Promise.all(race.#workers.map((worker) => once(worker, 'message')))
    return race
  }

  /** From each local port one first packet of every thread at once. */
  async run(protocol: 'udp' | 'tcp', ports: readonly number[]): Promise<Heat[]> {
    Atomics.store(this.#barrier, 0, 0)
    const finishes = await Promise.all(
      this.#workers.map(async (worker, index) => {
        const finished = once(worker, 'message')
        worker.postMessage({ protocol, ports, to: this.#runners[index]!.to, text: `${index}` } satisfies Course)
        return (await finished)[0] as Finish[]
      }),
    )
    return ports.map((port, n) =>
      heatOf(
        port,
        finishes.map((of) => of[n]!),
      ),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()))
  }
}

/** What thread number `index` writes into its datagram from a port. */
export function textOf(index: number, port: number): string {
  return `${index} from ${port}`
}

function heatOf(port: number, finishes: readonly Finish[]): Heat {
  const begun = finishes.map((finish) => finish.begun)
  return {
    port,
    overlapped: Math.max(...begun) <= Math.min(...finishes.map(({ ended }) => ended)),
    spread: Math.max(...begun) - Math.min(...begun),
    told: finishes.map(({ told }) => told),
  }
}

import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Context } from '../../harness.ts'
import type { BindingLoad } from './binding-thread.ts'
import type { Found, Load } from './client-thread.ts'
import type { RelayServer } from './relay-server.ts'

/** Runs a thread to its end, and returns what it found. */
async function runThread<Result>(file: string, workerData: unknown): Promise<Result> {
  const worker = new Worker(new URL(file, import.meta.url), { workerData })
  const [result] = (await once(worker, 'message')) as [Result]
  await worker.terminate()
  return result
}

/** A peer that sends back what it gets. */
export class Echo implements AsyncDisposable {
  readonly #stop = new SharedArrayBuffer(4)
  readonly #worker: Worker
  port = 0

  private constructor() {
    this.#worker = new Worker(new URL('./echo-thread.ts', import.meta.url), { workerData: { stop: this.#stop } })
  }

  static async start(): Promise<Echo> {
    const echo = new Echo()
    ;[echo.port] = (await once(echo.#worker, 'message')) as [number]
    return echo
  }

  async [Symbol.asyncDispose](): Promise<void> {
    Atomics.store(new Int32Array(this.#stop), 0, 1)
    await once(this.#worker, 'exit')
  }
}

/** Messages per second that came back whole, of a server. What the server paid for them is logged. */
async function measured(context: Context, server: RelayServer, what: string, run: () => Promise<Found>) {
  const before = server.processorTime
  const { perSecond, messages, lost, wrong } = await run()
  const each = (server.processorTime - before) / messages
  context.log(`  ${what}: ${Math.round(perSecond)} a second, ${each.toFixed(2)} µs of the server each, ${lost} lost`)
  context.check(wrong === 0, `${wrong} of ${messages} messages came back wrong (${what})`)
  return perSecond
}

/** Channel data through a relay to a peer and back. */
export function relayed(context: Context, what: string, server: RelayServer, load: Load): () => Promise<number> {
  const file = load.transport === 'udp' ? './client-thread.ts' : './stream-client-thread.ts'
  return () => measured(context, server, what, () => runThread<Found>(file, load))
}

/** Bindings, asked for by several threads at once. */
export function bound(
  context: Context,
  what: string,
  server: RelayServer,
  load: BindingLoad,
  threads: number,
): () => Promise<number> {
  const run = async (): Promise<Found> => {
    const one = (): Promise<Found> => runThread<Found>('./binding-thread.ts', load)
    return together(await Promise.all(Array.from({ length: threads }, one)))
  }
  return () => measured(context, server, what, run)
}

function together(all: readonly Found[]): Found {
  const sum = (of: (each: Found) => number): number => all.reduce((total, each) => total + of(each), 0)
  return {
    perSecond: sum(({ perSecond }) => perSecond),
    messages: sum(({ messages }) => messages),
    lost: sum(({ lost }) => lost),
    wrong: sum(({ wrong }) => wrong),
  }
}

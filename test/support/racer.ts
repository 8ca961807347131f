import type { Socket } from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'
import { type Endpoint, NetworkNamespace, tcpConnect, UdpBatch } from '@sallyport/linux'

/** One thread of a race (race.ts): it runs as a worker. */

export interface Course {
  readonly protocol: 'udp' | 'tcp'
  readonly ports: readonly number[]
  readonly to: readonly Endpoint[]
  readonly text: string
}

export interface Finish {
  /** Microseconds of one clock for all threads: before the system call, and behind it. */
  readonly begun: number
  readonly ended: number
  readonly told?: number | undefined
}

interface Here {
  readonly namespace: string
  readonly barrier: Int32Array
  readonly threads: number
}

const { namespace: path, barrier, threads } = workerData as Here
const namespace = NetworkNamespace.open(path)
const now = (): number => Number(process.hrtime.bigint()) / 1000

/** Returns when every thread has come here for the `round`th time (from 0). */
function meet(round: number): void {
  Atomics.add(barrier, 0, 1)
  while (Atomics.load(barrier, 0) < threads * (round + 1));
}

/** Several threads may share a port of one host: SO_REUSEADDR. Nobody listens here, so that it does no harm. */
function sendDatagrams({ ports, to, text }: Course): Finish[] {
  using open = new DisposableStack()
  const ready = ports.map((port) => ({
    socket: open.use(UdpBatch.open({ namespace, port, reuseAddress: true, slots: 1, slotSize: 64 })),
    datagrams: UdpBatch.prepare(to.map((each) => ({ to: each, payload: Buffer.from(`${text} from ${port}`) }))),
  }))
  return ready.map(({ socket, datagrams }, round) => {
    meet(round)
    const begun = now()
    const sent = socket.send(datagrams)
    const ended = now()
    if (sent !== to.length) throw new Error(`${sent} of ${to.length} datagrams were sent`)
    return { begun, ended }
  })
}

/** The SYN leaves before tcpConnect returns its promise. */
async function openConnections({ ports, to }: Course): Promise<Finish[]> {
  const connecting: Promise<Socket>[] = []
  const times = namespace.run(() =>
    ports.map((port, round) => {
      meet(round)
      const begun = now()
      connecting.push(tcpConnect({ to: to[0]!, from: { port }, timeout: 15_000 }))
      return { begun, ended: now() }
    }),
  )
  const told = await Promise.all(connecting.map(reportedPort))
  return times.map((time, n) => ({ ...time, told: told[n] }))
}

async function reportedPort(connecting: Promise<Socket>): Promise<number | undefined> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of await connecting) chunks.push(chunk)
  } catch {
    return undefined // the race counts these
  }
  return (JSON.parse(Buffer.concat(chunks).toString()) as { source: Endpoint }).source.port
}

parentPort!.on('message', async (course: Course) => {
  parentPort!.postMessage(course.protocol === 'udp' ? sendDatagrams(course) : await openConnections(course))
})
parentPort!.postMessage('ready')

import { type Benchmark, type Context, quick, type Result } from './harness.ts'
import { shareOutCores } from './support/turn/cores.ts'
import { Echo, relayed } from './support/turn/load.ts'
import { address, RelayServer, user } from './support/turn/relay-server.ts'

/** Bytes of payload: a voice packet, and a full one of video. */
const SIZES = [172, 1200]

/** Clients, each with so many messages in flight. */
interface Shape {
  readonly transport: 'udp' | 'tcp'
  readonly flows: number
  readonly window: number
  readonly goal: number
}

/** What is in flight keeps the server busy, and fits into the buffers of both. */
const SHAPES: readonly Shape[] = [
  { transport: 'udp', flows: 1, window: 64, goal: 1.3 },
  { transport: 'udp', flows: 200, window: 4, goal: 1.3 },
  { transport: 'tcp', flows: 1, window: 64, goal: 1.3 },
  // A call for each message, whoever serves: nothing comes or goes together.
  { transport: 'tcp', flows: 200, window: 1, goal: 1 },
  { transport: 'tcp', flows: 200, window: 4, goal: 1 },
]
const TIMES = { duration: 1000, warmUp: 200 }

const benchmark: Benchmark = {
  name: 'turn',
  claim:
    'on the same processor a relay carries at least 1.3 times the channel data of coturn by UDP, and no less by TCP',
  async run(context) {
    const cores = shareOutCores(context)
    await using ours = RelayServer.turn(cores.server)
    await using udp = RelayServer.coturn(context, cores.server, 'udp')
    await using tcp = RelayServer.coturn(context, cores.server, 'tcp')
    if (udp === undefined || tcp === undefined) return []
    await using echo = await Echo.start()
    const results: Result[] = []
    for (const { goal, ...shape } of SHAPES) {
      for (const size of SIZES) {
        const load = { user, peerPort: echo.port, ...shape, size, ...TIMES }
        results.push(await compare(context.with(quick), load, goal, ours, load.transport === 'udp' ? udp : tcp))
      }
    }
    return results
  },
}
export default benchmark

type Load = Omit<Parameters<typeof relayed>[3], 'server'>

function compare(context: Context, load: Load, goal: number, ours: RelayServer, theirs: RelayServer): Promise<Result> {
  const through = (name: string, server: RelayServer): (() => Promise<number>) =>
    relayed(context, name, server, { ...load, server: { address, port: server.port } })
  return context.compare({
    case: nameOf(load),
    peer: 'coturn',
    goal,
    ours: through('sallyport', ours),
    theirs: through('coturn', theirs),
  })
}

function nameOf({ transport, flows, window, size }: Load): string {
  const who = flows === 1 ? '1 flow' : `${flows} flows`
  const by = transport === 'udp' ? '' : ` by TCP, ${window} in flight${flows === 1 ? '' : ' each'}`
  return `channel data of ${size} bytes, ${who}${by}`
}

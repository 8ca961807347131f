import { type Benchmark, type Context, quick, type Result } from './harness.ts'
import { shareOutCores } from './support/turn/cores.ts'
import { Echo, relayed } from './support/turn/load.ts'
import { address, RelayServer, user } from './support/turn/relay-server.ts'

/** Bytes of payload: a voice packet, and a full one of video. */
const SIZES = [172, 1200]
/** What is in flight keeps the server busy, and fits into the buffers of both. */
const FLOWS = [
  { flows: 1, window: 64 },
  { flows: 200, window: 4 },
]
const TIMES = { duration: 1000, warmUp: 200 }

const benchmark: Benchmark = {
  name: 'turn',
  claim: 'a relay carries at least 1.3 times the channel data of coturn on the same processor',
  async run(context) {
    const cores = shareOutCores(context)
    await using ours = RelayServer.turn(cores.server)
    await using theirs = RelayServer.coturn(context, cores.server)
    if (theirs === undefined) return []
    await using echo = await Echo.start()
    const results: Result[] = []
    for (const { flows, window } of FLOWS) {
      for (const size of SIZES) {
        const load = { user, peerPort: echo.port, flows, window, size, ...TIMES }
        results.push(await compare(context.with(quick), load, ours, theirs))
      }
    }
    return results
  },
}
export default benchmark

type Load = Omit<Parameters<typeof relayed>[3], 'server'>

function compare(context: Context, load: Load, ours: RelayServer, theirs: RelayServer): Promise<Result> {
  const through = (name: string, server: RelayServer): (() => Promise<number>) =>
    relayed(context, name, server, { ...load, server: { address, port: server.port } })
  return context.compare({
    case: `channel data of ${load.size} bytes, ${load.flows === 1 ? '1 flow' : `${load.flows} flows`}`,
    peer: 'coturn',
    goal: 1.3,
    ours: through('sallyport', ours),
    theirs: through('coturn', theirs),
  })
}

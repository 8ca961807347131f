import { type Benchmark, type Context, quick, type Result } from './harness.ts'
import { shareOutCores } from './support/turn/cores.ts'
import { bound } from './support/turn/load.ts'
import { address, RelayServer } from './support/turn/relay-server.ts'

const TIMES = { duration: 1000, warmUp: 200 }
/** One thread that asks is about as fast as one that answers: two, so that the server is what limits. */
const THREADS = 2
const CASES = [
  { sockets: 4, window: 32 },
  { sockets: 100, window: 2 },
]

const benchmark: Benchmark = {
  name: 'stun',
  claim: 'a server answers at least 1.5 times as many bindings as coturn on the same processor',
  async run(context) {
    const cores = shareOutCores(context)
    await using ours = RelayServer.stun(cores.server)
    await using theirs = RelayServer.coturn(context, cores.server)
    if (theirs === undefined) return []
    const results: Result[] = []
    for (const load of CASES) results.push(await compare(context.with(quick), { ...load, ...TIMES }, ours, theirs))
    return results
  },
}
export default benchmark

type Load = Omit<Parameters<typeof bound>[3], 'server'>

function compare(context: Context, load: Load, ours: RelayServer, theirs: RelayServer): Promise<Result> {
  const from = (name: string, server: RelayServer): (() => Promise<number>) =>
    bound(context, name, server, { ...load, server: { address, port: server.port } }, THREADS)
  return context.compare({
    case: `bindings, ${load.sockets * THREADS} sockets with ${load.window} requests each`,
    peer: 'coturn',
    goal: 1.5,
    ours: from('sallyport', ours),
    theirs: from('coturn', theirs),
  })
}

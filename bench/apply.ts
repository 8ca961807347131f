import { NetworkNamespace, Route } from '@sallyport/linux'
import { type Config, Router, render } from '@sallyport/router'
import type { Benchmark, Context, Result } from './harness.ts'
import { hosts, lanAddress } from './support/house.ts'
import { fullCone, program } from './support/rulesets.ts'

const FORWARDS = 10_000
const FIRST_PORT = 20_000

const benchmark: Benchmark = {
  name: 'apply',
  claim: 'with 10,000 forwards: a config that is applied again, against nft loading all of it (no goal)',
  async run(context) {
    using ours = emptyRouter()
    using theirs = emptyRouter()
    const [config, changed] = [configOf('9000'), configOf('9001')]
    const nft = reloading(context, theirs, [config, changed])
    return [
      await compare(context, 'the same config again', applying(context, ours, [config], false), nft),
      await compare(context, 'one forward changed', applying(context, ours, [config, changed], true), nft),
    ]
  },
}
export default benchmark

/** Milliseconds. */
type Stopwatch = () => number

async function compare(context: Context, name: string, ours: Stopwatch, theirs: Stopwatch): Promise<Result> {
  return await context.compare({
    case: `10,000 forwards, ${name}`,
    peer: 'nft -f of the whole table',
    goal: 0,
    better: 'lower',
    ours,
    theirs,
  })
}

/** Applies the next of these configs. Checks that something was changed, or nothing. */
function applying(
  context: Context,
  namespace: NetworkNamespace,
  configs: readonly Config[],
  isNews: boolean,
): Stopwatch {
  using router = Router.open({ namespace })
  router.apply(configs.at(-1)!)
  let turn = 0
  return () => {
    using router = Router.open({ namespace })
    const config = configs[turn++ % configs.length]!
    const begin = performance.now()
    const applied = router.apply(config)
    const time = performance.now() - begin
    context.check(applied.messages > 0 === isNews, `${applied.messages} messages`)
    return time
  }
}

/** Puts the next of these configs in place of the whole table, as a script with `nft -f` does; the text is there already. */
function reloading(context: Context, namespace: NetworkNamespace, configs: readonly Config[]): Stopwatch {
  const texts = configs.map((config) => `table inet sallyport\ndelete table inet sallyport\n${render(config)}`)
  let turn = 0
  return () => {
    const text = texts[turn++ % texts.length]!
    const begin = performance.now()
    program('nft', ['-f', '-'], namespace, text)
    const time = performance.now() - begin
    context.check(program('nft', ['list', 'tables'], namespace).includes('sallyport'), 'nft loaded nothing')
    return time
  }
}

function emptyRouter(): NetworkNamespace {
  const namespace = NetworkNamespace.create()
  using route = Route.open({ namespace })
  for (const name of ['wan', 'lan']) route.addVeth({ name, up: true, peer: { name: `${name}-far` } })
  route.addAddress('lan', `${lanAddress}/24`)
  return namespace
}

/** The last forward leads to this port. */
function configOf(lastPort: string): Config {
  const port = (n: number): string => (n === FORWARDS - 1 ? lastPort : '9000')
  return fullCone(
    Array.from({ length: FORWARDS }, (_, n) => `udp/${FIRST_PORT + n} -> ${hosts[n % hosts.length]}:${port(n)}`),
  )
}

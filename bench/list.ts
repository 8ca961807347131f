import { NetworkNamespace } from '@sallyport/linux'
import { accept, batchOf, connect, counter, ip, type Nftables, Ruleset, tcp } from '@sallyport/nftables'
import type { Benchmark, Contest, Context, Result } from './harness.ts'
import { addresses } from './support/addresses.ts'
import { GoogleNftables } from './support/google-nftables.ts'
import { duration } from './support/nft.ts'
import { program } from './support/rulesets.ts'

const RULES = 10_000
/** Readings of one measurement. */
const READINGS = 3
const TABLE = { family: 'inet', name: 'bench' } as const

const benchmark: Benchmark = {
  name: 'list',
  claim: '10,000 rules become objects at least 2 times faster than with nft -j list ruleset and JSON.parse',
  async run(context) {
    using namespace = NetworkNamespace.create()
    using nft = connect({ namespace })
    nft.commit(batchOf(tenThousandRules()))
    const ours = (): number => fastest(() => fully(context, nft))
    const full: Omit<Contest, 'peer' | 'goal' | 'theirs'> = {
      case: '10,000 rules as typed objects',
      better: 'lower',
      ours,
    }
    const partly = (name: string, read: () => number): Promise<Result> =>
      context.compare({
        case: `10,000 rules, ${name} only`,
        peer: 'the whole of them',
        goal: 2,
        better: 'lower',
        ours: () => fastest(() => context.check(read() === RULES, `${name} of all rules`)),
        theirs: ours,
      })
    const results = [
      await partly('handles', () => nft.ruleHandles(TABLE).length),
      await partly('counters', () => nft.ruleCounters(TABLE).length),
      await context.compare({
        ...full,
        peer: 'nft -j list ruleset',
        goal: 2,
        theirs: () => fastest(() => throughNft(context, namespace)),
      }),
    ]
    using google = GoogleNftables.build(context)
    if (google === undefined) return results
    const theirs = (): number => {
      const { nanoseconds, count } = google.run(namespace, 'list', String(READINGS))
      context.check(count === RULES, `${google.name} found ${count} rules`)
      return nanoseconds / 1e6
    }
    return [...results, await context.compare({ ...full, peer: google.name, goal: 1, theirs })]
  },
}
export default benchmark

/** Each of its own: an address, a port, a counter and a verdict. */
function tenThousandRules(): Ruleset {
  const ruleset = new Ruleset()
  const chain = ruleset.table(TABLE.family, TABLE.name).chain('rules')
  for (const [n, address] of addresses(RULES).entries()) {
    chain.rule(ip.saddr.eq(address), tcp.dport.eq(1 + n), counter(), accept())
  }
  return ruleset
}

/** Of some readings: the first ones also measure the garbage that earlier work left. */
function fastest(read: () => void): number {
  return Math.min(...Array.from({ length: READINGS }, () => duration(read)))
}

function fully(context: Context, nft: Nftables): void {
  const rules = nft.rules(TABLE)
  const last = rules.at(-1)?.expressions.at(-1)
  context.check(rules.length === RULES && last?.expr === 'immediate', `we found ${rules.length} rules`)
}

function throughNft(context: Context, namespace: NetworkNamespace): void {
  const { nftables } = JSON.parse(program('nft', ['-j', 'list', 'ruleset'], namespace)) as { nftables: object[] }
  const count = nftables.filter((each) => 'rule' in each).length
  context.check(count === RULES, `nft found ${count} rules`)
}

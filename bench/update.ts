import { NetworkNamespace } from '@sallyport/linux'
import { Batch, batchOf, connect, type Nftables, packElements, Ruleset, SetDefinition } from '@sallyport/nftables'
import type { Benchmark, Contest, Context } from './harness.ts'
import { addresses } from './support/addresses.ts'
import { GoogleNftables } from './support/google-nftables.ts'
import { countElements, duration, nftTime } from './support/nft.ts'

const BEFORE = 1000
const OURS = 2000
const THEIRS = 20

const benchmark: Benchmark = {
  name: 'update',
  claim: 'one element is added and committed at least 40 times faster than by nft add element',
  async run(context) {
    const results = [await context.compare(contest(context, 'nft add element', 40, throughNft))]
    using google = GoogleNftables.build(context)
    if (google === undefined) return results
    const throughGoogle = (namespace: NetworkNamespace): Measured => {
      const { nanoseconds, count } = google.run(namespace, 'update', String(OURS))
      return { milliseconds: nanoseconds / 1e6, count }
    }
    return [...results, await context.compare(contest(context, google.name, 1, throughGoogle))]
  },
}
export default benchmark

/** What one update took, and how many there were. */
interface Measured {
  readonly milliseconds: number
  readonly count: number
}

type Update = (namespace: NetworkNamespace) => Measured

function contest(context: Context, peer: string, goal: number, theirs: Update): Contest {
  return {
    case: 'one element added and committed',
    peer,
    goal,
    better: 'lower',
    ours: () => measured(context, throughUs),
    theirs: () => measured(context, theirs),
  }
}

/** In a new namespace with a set of a thousand addresses. */
function measured(context: Context, update: Update): number {
  using namespace = NetworkNamespace.create()
  const ruleset = new Ruleset()
  ruleset.table('inet', 'bench').set('addresses', { type: 'ipv4_addr', elements: addresses(BEFORE) })
  using nft = connect({ namespace })
  nft.commit(batchOf(ruleset))
  const { milliseconds, count } = update(namespace)
  const found = countElements(namespace)
  context.check(found === BEFORE + count, `${found} elements after ${count} updates of ${BEFORE}`)
  return milliseconds
}

const addressOf = (n: number): string => `198.18.${n >> 8}.${n & 255}`

/** From text to the kernel's consent, over one open connection, each in a transaction of its own. */
function throughUs(namespace: NetworkNamespace): Measured {
  using nft = connect({ namespace })
  const milliseconds = duration(() => {
    for (let n = 0; n < OURS; n++) add(nft, addressOf(n))
  })
  return { milliseconds: milliseconds / OURS, count: OURS }
}

function add(nft: Nftables, address: string): void {
  const set = new SetDefinition('addresses', 'ipv4_addr', {}, [address])
  const elements = packElements(set, set.columns)
  // Without notes on source lines and without asking for the generation, as the peers do.
  nft.commitQuietly(
    new Batch({ sources: false }).add('elements', { family: 'inet', table: 'bench', set: set.name, elements }),
  )
}

function throughNft(namespace: NetworkNamespace): Measured {
  let milliseconds = 0
  for (let n = 0; n < THEIRS; n++) {
    milliseconds += nftTime(namespace, 'add', 'element', 'inet', 'bench', 'addresses', `{ ${addressOf(n)} }`)
  }
  return { milliseconds: milliseconds / THEIRS, count: THEIRS }
}

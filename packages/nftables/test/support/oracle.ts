import { spawnSync } from 'node:child_process'
import { NetworkNamespace } from '@sallyport/linux'
import { batchOf, connect, print, type Ruleset, type Snapshot } from '../../src/index.ts'

/** Why tests against Debian's nft cannot run here; undefined when they can. A failure under CI=true. */
export const withoutNft: string | undefined = (() => {
  const found = spawnSync('nft', ['--version'], { encoding: 'utf8' })
  if (found.error === undefined && found.status === 0) return undefined
  if (process.env.CI === 'true') throw new Error('the nft program is missing: apt-get install nftables')
  return 'no nft program (apt-get install nftables)'
})()

/** What a namespace holds afterwards: as the kernel dumps it, and as nft lists it. */
export interface Outcome {
  readonly kernel: object
  readonly listing: string
}

/** `nft -f` of the text in an empty namespace. Throws nft's own complaint. */
export function throughNft(text: string): Outcome {
  using namespace = NetworkNamespace.create()
  runNft(namespace, ['-f', '-'], text)
  return outcome(namespace)
}

/** Our own commit in an empty namespace. */
export function throughNetlink(ruleset: Ruleset): Outcome {
  using namespace = NetworkNamespace.create()
  using nft = connect({ namespace })
  nft.commit(batchOf(ruleset))
  return outcome(namespace)
}

/** The same ruleset on both ways. */
export function bothWays(ruleset: Ruleset): { nft: Outcome; netlink: Outcome } {
  return { nft: throughNft(print(ruleset)), netlink: throughNetlink(ruleset) }
}

function runNft(namespace: NetworkNamespace, args: readonly string[], input = ''): string {
  const { status, stdout, stderr } = namespace.run(() => spawnSync('nft', args, { encoding: 'utf8', input }))
  if (status !== 0) throw new Error(`nft ${args.join(' ')}: ${stderr}\n${input}`)
  return stdout
}

function outcome(namespace: NetworkNamespace): Outcome {
  using nft = connect({ namespace })
  const kernel = comparable(nft.snapshot(undefined, { elements: () => true }))
  return { kernel, listing: withoutClocks(runNft(namespace, ['list', 'ruleset'])) }
}

/** Everything but what differs between two runs: handles, clocks, order within hash tables. */
function comparable(snapshot: Snapshot): object {
  const plain = JSON.parse(JSON.stringify(snapshot, readable)) as Record<string, unknown>
  delete plain.generation
  return plain
}

const transient = ['handle', 'position', 'use', 'expiration', 'backend', 'count', 'id']

function readable(key: string, value: unknown): unknown {
  if (transient.includes(key)) return undefined
  if (typeof value === 'bigint') return `${value}n`
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (key === 'elements' && Array.isArray(value)) return value.toSorted(byKey)
  return value
}

interface Keyed {
  readonly key?: Uint8Array
  readonly flags?: readonly string[]
}

/** By key; of an end and a beginning with the same key, the end first. */
function byKey(a: Keyed, b: Keyed): number {
  return (
    Buffer.compare(a.key ?? new Uint8Array(), b.key ?? new Uint8Array()) ||
    (b.flags?.length ?? 0) - (a.flags?.length ?? 0)
  )
}

function withoutClocks(listing: string): string {
  return listing.replace(/ expires [0-9a-z]+/g, '')
}

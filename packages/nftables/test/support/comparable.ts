import type { Mirror } from '../../src/monitor/index.ts'
import type { Snapshot } from '../../src/transaction/index.ts'

/** What nothing announces: see Mirror. */
const unannounced = ['use', 'count', 'position', 'expiration', 'generation']

/** A ruleset as text of which two are equal when the rulesets are: tables and the like in the order of their names. */
export function comparable(content: Omit<Snapshot, 'generation'>): unknown {
  return JSON.parse(JSON.stringify({ ...content, rules: ruleLists(content) }, plain))
}

export function contentOf(view: Mirror): Omit<Snapshot, 'generation'> {
  return {
    tables: view.tables(),
    chains: view.chains(),
    sets: view.sets(),
    rules: view.rules(),
    objects: view.objects(),
    flowtables: view.flowtables(),
  }
}

/** Chain by chain, in their order. */
function ruleLists({ rules }: Pick<Snapshot, 'rules'>): object {
  const chains = Map.groupBy(rules, ({ family, table, chain }) => `${family} ${table} ${chain}`)
  return Object.fromEntries([...chains].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, list]) => [name, [list]]))
}

function plain(key: string, value: unknown): unknown {
  if (unannounced.includes(key)) return undefined
  if (typeof value === 'bigint') return `${value}n`
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  const isUnordered = ['tables', 'chains', 'sets', 'objects', 'flowtables', 'elements'].includes(key)
  return isUnordered && Array.isArray(value) ? value.toSorted(byText) : value
}

function byText(a: unknown, b: unknown): number {
  const [left, right] = [textOf(a), textOf(b)]
  return left < right ? -1 : left > right ? 1 : 0
}

function textOf(value: unknown): string {
  return JSON.stringify(value, plain)
}

import { Conntrack, type Flow, type NetworkNamespace } from '@sallyport/linux'
import { commentOf, connect, type Nftables } from '@sallyport/nftables'
import { printFlow } from './flow.ts'
import type { ViewConntrack, ViewRule } from './state.ts'

const NEWEST = 3

/** Connections and rule counters of one router, compared with what they were before. */
export class RouterView implements Disposable {
  readonly #conntrack: Conntrack
  readonly #nftables: Nftables
  /** Connections in the order in which they were seen first. */
  #known = new Map<number, Flow>()
  readonly #counted = new Map<string, bigint>()
  readonly #names = new Map<string, string>()

  constructor(namespace: NetworkNamespace) {
    this.#conntrack = Conntrack.open({ namespace })
    this.#nftables = connect({ namespace })
  }

  connections(): ViewConntrack {
    const now = new Map(this.#conntrack.list().map((flow) => [flow.id, flow]))
    const kept = [...this.#known.keys()].flatMap((id): [number, Flow][] => (now.has(id) ? [[id, now.get(id)!]] : []))
    this.#known = new Map([...kept, ...now])
    const newest = [...this.#known.values()].slice(-NEWEST).reverse().map(printFlow)
    return { count: now.size, newest }
  }

  /** Those that grew come first, then those that counted most. */
  rules(): ViewRule[] {
    const rules = this.#nftables.ruleCounters().flatMap(({ family, table, chain, handle, counters }): ViewRule[] => {
      const key = `${family} ${table} ${chain} ${handle}`
      const packets = counters.reduce((sum, each) => sum + each.packets, 0n)
      const more = packets - (this.#counted.get(key) ?? packets)
      this.#counted.set(key, packets)
      return packets === 0n ? [] : [{ name: this.#nameOf({ family, table, chain, handle }), packets, more }]
    })
    return rules.sort((a, b) => Number(b.more - a.more) || Number(b.packets - a.packets))
  }

  #nameOf(rule: Parameters<Nftables['findRule']>[0]): string {
    const { family, table, chain, handle } = rule
    const key = `${family} ${table} ${handle}`
    const known = this.#names.get(key)
    if (known !== undefined) return known
    const found = this.#nftables.findRule(rule)
    const comment = found && commentOf(found)
    const name = `${family} ${table} ${chain}: ${comment ?? `rule ${handle}`}`
    this.#names.set(key, name)
    return name
  }

  [Symbol.dispose](): void {
    this.#conntrack[Symbol.dispose]()
    this.#nftables[Symbol.dispose]()
  }
}

import type { NetworkNamespace } from '@sallyport/linux'
import { Batch, batchOf, connect, meta, Ruleset } from '@sallyport/nftables'

export type FollowedProtocol = 'udp' | 'tcp' | 'icmp'

/** Behind defragmentation (-400), so that packets are whole, and in front of everything else. */
const FIRST = -390
/** Behind everything but the confirmation of conntrack, which comes at INT_MAX. */
const LAST = 0x7ffffffe

/** Chains of our own in a followed node: how far a packet got there. */
export const chains = { arrived: 'arrived', made: 'made', delivered: 'delivered', left: 'left' } as const

/** Protocols whose packets tell about those of a protocol: ICMP errors. */
const marked = {
  udp: ['udp', 'icmp', 'ipv6-icmp'],
  tcp: ['tcp', 'icmp', 'ipv6-icmp'],
  icmp: ['icmp', 'ipv6-icmp'],
} as const

/**
 * A table of our own in a node that has the kernel trace every packet of some protocols, and whose empty chains at the
 * ends show that a packet got there. It decides nothing, and disposing takes it away.
 */
export class Marks implements Disposable {
  readonly table: string
  readonly #namespace: NetworkNamespace
  #isRemoved = false

  constructor(namespace: NetworkNamespace, protocols: readonly FollowedProtocol[]) {
    using nftables = connect({ namespace })
    this.table = freeName(nftables.tables().map(({ name }) => name))
    this.#namespace = namespace
    nftables.commit(batchOf(rules(this.table, protocols)))
  }

  [Symbol.dispose](): void {
    if (this.#isRemoved) return
    this.#isRemoved = true
    using nftables = connect({ namespace: this.#namespace })
    nftables.commit(new Batch().delete('table', { family: 'inet', name: this.table }))
  }
}

function rules(name: string, protocols: readonly FollowedProtocol[]): Ruleset {
  const ruleset = new Ruleset()
  const table = ruleset.table('inet', name, { comment: 'shows the way of packets; goes by itself' })
  const wanted = [...new Set(protocols.flatMap((protocol) => marked[protocol]))]
  for (const [chain, hook] of [
    [chains.arrived, 'prerouting'],
    [chains.made, 'output'],
  ] as const) {
    const marking = table.chain(chain, { hook, priority: FIRST })
    for (const protocol of wanted) marking.rule(meta.l4proto.eq(protocol), meta.nftrace.set(1))
  }
  table.chain(chains.delivered, { hook: 'input', priority: LAST })
  table.chain(chains.left, { hook: 'postrouting', priority: LAST })
  return ruleset
}

/** Several may follow packets at the same time. */
function freeName(taken: readonly string[]): string {
  for (let number = 1; ; number += 1) {
    const name = `follow_${number}`
    if (!taken.includes(name)) return name
  }
}

import { concat, dnat, fib, iifname, ip, jump, meta, type Table, th } from '@sallyport/nftables'
import type { Config } from '../config/index.ts'
import type { Constants } from './constants.ts'
import type { Forwards } from './forwards.ts'
import type { Learned } from './learned.ts'
import { arriving } from './tuples.ts'

/**
 * First packets addressed to the router: those that a forward or an open port leads inside get their destination
 * rewritten. From the LAN too (hairpin, RFC 4787 REQ-9), unless they mean the router's own inside address.
 * A lookup that finds nothing ends its rule, not the chain.
 */
export function defineArrival(
  table: Table,
  _config: Config,
  constants: Constants,
  forwards: Forwards,
  learned: Learned | undefined,
): void {
  const inbound = table
    .chain('inbound')
    .rule(dnat({ to: arriving.map(forwards.ports) }))
    .rule(dnat({ to: arriving.map(forwards.ranges) }))
  if (learned?.ext !== undefined) {
    const admitted = learned.contacted && concat(meta.l4proto, th.dport, ip.saddr).in(learned.contacted)
    inbound.rule(...(admitted ? [admitted] : []), dnat({ to: arriving.map(learned.ext) }))
  }
  const { wanInterfaces, lanInterfaces, lanAddresses } = constants
  table
    .chain('arrive', { type: 'nat', hook: 'prerouting', priority: 'dstnat', policy: 'accept' })
    .rule(iifname.in(wanInterfaces), fib(['daddr', 'iif']).type.eq('local'), jump(inbound))
    .rule(iifname.in(lanInterfaces), ip.daddr.notIn(lanAddresses), fib('daddr').type.eq('local'), jump(inbound))
}

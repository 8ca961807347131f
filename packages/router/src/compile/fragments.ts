import { drop, frag, iifname, ip, type RateInput, raw, type Table } from '@sallyport/nftables'
import type { Constants } from './constants.ts'
import type { WantedSysctl } from './sysctl.ts'

/**
 * Fragments wait in a memory that all senders share until the rest of their packet is there. Conntrack has them put
 * together before it looks at them (NF_IP_PRI_CONNTRACK_DEFRAG, -400): this is before that.
 */
const BEFORE_REASSEMBLY = -450

/**
 * Seconds that a fragment waits. Linux has 30 (IPv6: 60), and 4 MiB: some 135 fragments a second would fill that for good,
 * and a limit of fewer than those would be felt by everybody who fragments.
 */
const PATIENCE = 1
/** Bytes. A fragment takes 1 to 2.5 kB of it, however short it is. */
const ROOM = 64 * 2 ** 20

/**
 * For each sender. Within {@link PATIENCE} these are 10,000 fragments, 25 MB: less than half of {@link ROOM}. Of whole
 * packets it is 96 Mbit/s in fragments of 1500 bytes.
 */
const LIMIT: RateInput = { packets: 8000, per: 'second', burst: 2000, over: true }

/** Not shorter than it takes the limit to be as new: burst / rate. */
const MEMORY = 1000
const MOST_SENDERS = 65536

/** Settings of reassembly, for IPv4. */
export const fragmentSysctls: readonly WantedSysctl[] = [
  { name: 'net.ipv4.ipfrag_high_thresh', value: String(ROOM), orMore: true },
  { name: 'net.ipv4.ipfrag_time', value: String(PATIENCE) },
]

/** For IPv6: conntrack has a memory of its own (nf_conntrack_reasm.c). */
export const fragmentSysctls6: readonly WantedSysctl[] = [
  { name: 'net.netfilter.nf_conntrack_frag6_high_thresh', value: String(ROOM), orMore: true },
  { name: 'net.netfilter.nf_conntrack_frag6_timeout', value: String(PATIENCE) },
]

/**
 * Limits the fragments that each sender outside may send, so that none fills the memory that all share (RFC 4787
 * REQ-14a). A packet that is no fragment costs one comparison. Over IPv6 a sender is a /64: everybody has one.
 */
export function limitFragments(table: Table, { wanInterfaces }: Constants, { ipv6 }: { readonly ipv6: boolean }): void {
  const flags = ['dynamic', 'timeout'] as const
  const learned = { flags, timeout: MEMORY, size: MOST_SENDERS }
  const senders = table.set('fragment_senders', { type: 'ipv4_addr', ...learned })
  const chain = table.chain('fragments', {
    type: 'filter',
    hook: 'prerouting',
    priority: BEFORE_REASSEMBLY,
    policy: 'accept',
  })
  const outside = iifname.in(wanInterfaces)
  // More fragments, or an offset: all but the bit that forbids fragments (RFC 791 section 3.1).
  chain.rule(ip.fragOff.masked(0x3fff).ne(0), outside, senders.update(ip.saddr, { limit: LIMIT }), drop())
  if (!ipv6) return
  const network = raw('network', 64, 64) // the first half of the source (RFC 8200 section 3)
  const senders6 = table.set('fragment_senders6', { type: 'integer64', typeof: network, ...learned })
  chain.rule(frag.exists.eq(true), outside, senders6.update(network, { limit: LIMIT }), drop())
}

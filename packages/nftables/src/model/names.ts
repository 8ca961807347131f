/** Symbolic constants as nft spells them (`nft describe …` prints the same lists; a test compares them). */

/** RFC 792 and successors; IANA ICMP Type Numbers. */
export const icmpTypes = {
  'echo-reply': 0,
  'destination-unreachable': 3,
  'source-quench': 4,
  redirect: 5,
  'echo-request': 8,
  'router-advertisement': 9,
  'router-solicitation': 10,
  'time-exceeded': 11,
  'parameter-problem': 12,
  'timestamp-request': 13,
  'timestamp-reply': 14,
  'info-request': 15,
  'info-reply': 16,
  'address-mask-request': 17,
  'address-mask-reply': 18,
} as const

/** RFC 4443 and successors; IANA ICMPv6 "type" Numbers. */
export const icmpv6Types = {
  'destination-unreachable': 1,
  'packet-too-big': 2,
  'time-exceeded': 3,
  'parameter-problem': 4,
  'echo-request': 128,
  'echo-reply': 129,
  'mld-listener-query': 130,
  'mld-listener-report': 131,
  'mld-listener-done': 132,
  'nd-router-solicit': 133,
  'nd-router-advert': 134,
  'nd-neighbor-solicit': 135,
  'nd-neighbor-advert': 136,
  'nd-redirect': 137,
  'router-renumbering': 138,
  'ind-neighbor-solicit': 141,
  'ind-neighbor-advert': 142,
  'mld2-listener-report': 143,
} as const

/** NF_CT_STATE_BIT() of linux/netfilter/nf_conntrack_common.h */
export const ctStates = { invalid: 1, established: 2, related: 4, new: 8, untracked: 64 } as const

/** enum ip_conntrack_status (IPS_*) */
export const ctStatuses = {
  expected: 1,
  'seen-reply': 2,
  assured: 4,
  confirmed: 8,
  snat: 16,
  dnat: 32,
  dying: 512,
} as const

/** enum ip_conntrack_dir */
export const ctDirectionNames = { original: 0, reply: 1 } as const

/** RTN_* of linux/rtnetlink.h */
export const addressTypes = {
  unspec: 0,
  unicast: 1,
  local: 2,
  broadcast: 3,
  anycast: 4,
  multicast: 5,
  blackhole: 6,
  unreachable: 7,
  prohibit: 8,
} as const

/** RFC 9293 section 3.1 */
export const tcpFlags = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32, ecn: 64, cwr: 128 } as const

/** NFPROTO_* of linux/netfilter.h */
export const networkProtocols = { ipv4: 2, ipv6: 10 } as const

/** PACKET_* of linux/if_packet.h */
export const packetTypes = { host: 0, broadcast: 1, multicast: 2, other: 3 } as const

/** IANA Assigned Internet Protocol Numbers; the usual ones, the others go by number. */
export const internetProtocols = {
  icmp: 1,
  igmp: 2,
  tcp: 6,
  udp: 17,
  dccp: 33,
  gre: 47,
  esp: 50,
  ah: 51,
  'ipv6-icmp': 58,
  sctp: 132,
  udplite: 136,
} as const

/** ICMP codes that `reject with icmp` takes (RFC 792, RFC 1812 section 5.2.7.1). */
export const rejectIcmp = {
  'net-unreachable': 0,
  'host-unreachable': 1,
  'prot-unreachable': 2,
  'port-unreachable': 3,
  'net-prohibited': 9,
  'host-prohibited': 10,
  'admin-prohibited': 13,
} as const

/** ICMPv6 codes that `reject with icmpv6` takes (RFC 4443 section 3.1). */
export const rejectIcmpv6 = {
  'no-route': 0,
  'admin-prohibited': 1,
  'addr-unreachable': 3,
  'port-unreachable': 4,
  'policy-fail': 5,
  'reject-route': 6,
} as const

/** enum nft_reject_inet_code: the kernel picks the code of the packet's family. */
export const rejectIcmpx = {
  'no-route': 0, // NFT_REJECT_ICMPX_NO_ROUTE
  'port-unreachable': 1, // NFT_REJECT_ICMPX_PORT_UNREACH
  'host-unreachable': 2, // NFT_REJECT_ICMPX_HOST_UNREACH
  'admin-prohibited': 3, // NFT_REJECT_ICMPX_ADMIN_PROHIBITED
} as const

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
  comp: 108,
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

/** ICMPv6 codes of `icmpv6 code` (RFC 4443 section 3.1). */
export const rejectIcmpv6Codes = {
  'no-route': 0,
  'admin-prohibited': 1,
  'addr-unreachable': 3,
  'port-unreachable': 4,
  'policy-fail': 5,
  'reject-route': 6,
} as const

/** ETH_P_* of linux/if_ether.h */
export const etherTypes = { ip: 0x0800, arp: 0x0806, ip6: 0x86dd, '8021q': 0x8100, '8021ad': 0x88a8 } as const

/** ARPOP_* of linux/if_arp.h */
export const arpOperations = {
  request: 1,
  reply: 2,
  rrequest: 3,
  rreply: 4,
  inrequest: 8,
  inreply: 9,
  nak: 10,
} as const

/** ARPHRD_* of linux/if_arp.h */
export const hardwareTypes = { ether: 1, ppp: 512, ipip: 768, ipip6: 769, loopback: 772, sit: 776, ipgre: 778 } as const

/** RFC 4340 section 5.1 */
export const dccpTypes = {
  request: 0,
  response: 1,
  data: 2,
  ack: 3,
  dataack: 4,
  closereq: 5,
  close: 6,
  reset: 7,
  sync: 8,
  syncack: 9,
} as const

/** RFC 2474 and RFC 2597: differentiated services code points. */
export const dscpNames = {
  cs0: 0x00,
  cs1: 0x08,
  cs2: 0x10,
  cs3: 0x18,
  cs4: 0x20,
  cs5: 0x28,
  cs6: 0x30,
  cs7: 0x38,
  df: 0x00,
  lephb: 0x01,
  af11: 0x0a,
  af12: 0x0c,
  af13: 0x0e,
  af21: 0x12,
  af22: 0x14,
  af23: 0x16,
  af31: 0x1a,
  af32: 0x1c,
  af33: 0x1e,
  af41: 0x22,
  af42: 0x24,
  af43: 0x26,
  ef: 0x2e,
} as const

/** RFC 3168 section 5 */
export const ecnNames = { 'not-ect': 0, ect1: 1, ect0: 2, ce: 3 } as const

/** Bits of enum ip_conntrack_events (IPCT_*) */
export const ctEvents = {
  new: 1,
  related: 2,
  destroy: 4,
  reply: 8,
  assured: 16,
  protoinfo: 32,
  helper: 64,
  mark: 128,
  seqadj: 256,
  secmark: 512,
  label: 1024,
} as const

/** IANA IGMP Type Numbers */
export const igmpTypes = {
  'membership-query': 0x11,
  'membership-report-v1': 0x12,
  'membership-report-v2': 0x16,
  'leave-group': 0x17,
  'membership-report-v3': 0x22,
} as const

/** NFT_META_TIME_DAY counts from Sunday. */
export const dayNames = {
  Sunday: 0,
  Monday: 1,
  Tuesday: 2,
  Wednesday: 3,
  Thursday: 4,
  Friday: 5,
  Saturday: 6,
} as const

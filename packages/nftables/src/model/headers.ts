import { type Header, header } from './header.ts'

/** IEEE 802.3 */
export const ether: Header<{ daddr: 'ether_addr'; saddr: 'ether_addr'; type: 'ether_type' }> = header('ether', 'link', {
  daddr: ['ether_addr', 0, 48, 1],
  saddr: ['ether_addr', 48, 48, 2],
  type: ['ether_type', 96, 16, 3],
})

/** IEEE 802.1Q tag, behind the addresses of an Ethernet header. */
export const vlan: Header<{ pcp: 'integer8'; dei: 'integer8'; id: 'integer16'; type: 'ether_type' }> = header(
  'vlan',
  'link',
  {
    pcp: ['integer8', 112, 3, 1],
    dei: ['integer8', 115, 1, 2],
    id: ['integer16', 116, 12, 4],
    type: ['ether_type', 128, 16, 5],
  },
)

/** RFC 826, for Ethernet and IPv4. */
export const arp: Header<{
  htype: 'integer16'
  ptype: 'ether_type'
  hlen: 'integer8'
  plen: 'integer8'
  operation: 'arp_op'
  saddrEther: 'ether_addr'
  daddrEther: 'ether_addr'
  saddrIp: 'ipv4_addr'
  daddrIp: 'ipv4_addr'
}> = header('arp', 'network', {
  htype: ['integer16', 0, 16, 1],
  ptype: ['ether_type', 16, 16, 2],
  hlen: ['integer8', 32, 8, 3],
  plen: ['integer8', 40, 8, 4],
  operation: ['arp_op', 48, 16, 5],
  saddrEther: ['ether_addr', 64, 48, 6, { word: 'saddr ether' }],
  daddrEther: ['ether_addr', 144, 48, 8, { word: 'daddr ether' }],
  saddrIp: ['ipv4_addr', 112, 32, 7, { word: 'saddr ip' }],
  daddrIp: ['ipv4_addr', 192, 32, 9, { word: 'daddr ip' }],
})

/** IPv4 header (RFC 791 section 3.1). */
export const ip: Header<{
  version: 'integer8'
  hdrlength: 'integer8'
  dscp: 'dscp'
  ecn: 'ecn'
  length: 'integer16'
  id: 'integer16'
  fragOff: 'integer16'
  ttl: 'integer8'
  protocol: 'inet_proto'
  checksum: 'integer16'
  saddr: 'ipv4_addr'
  daddr: 'ipv4_addr'
}> = header('ip', 'network', {
  version: ['integer8', 0, 4, 1],
  hdrlength: ['integer8', 4, 4, 2],
  dscp: ['dscp', 8, 6, 3],
  ecn: ['ecn', 14, 2, 4],
  length: ['integer16', 16, 16, 5],
  id: ['integer16', 32, 16, 6],
  fragOff: ['integer16', 48, 16, 7, { word: 'frag-off' }],
  ttl: ['integer8', 64, 8, 8],
  protocol: ['inet_proto', 72, 8, 9],
  checksum: ['integer16', 80, 16, 10],
  saddr: ['ipv4_addr', 96, 32, 11],
  daddr: ['ipv4_addr', 128, 32, 12],
})

/** IPv6 header (RFC 8200 section 3). For the transport protocol use `meta.l4proto`: it looks behind extension headers. */
export const ip6: Header<{
  version: 'integer8'
  dscp: 'dscp'
  ecn: 'ecn'
  flowlabel: 'integer24'
  length: 'integer16'
  nexthdr: 'inet_proto'
  hoplimit: 'integer8'
  saddr: 'ipv6_addr'
  daddr: 'ipv6_addr'
}> = header('ip6', 'network', {
  version: ['integer8', 0, 4, 1],
  dscp: ['dscp', 4, 6, 2],
  ecn: ['ecn', 10, 2, 3],
  flowlabel: ['integer24', 12, 20, 4],
  length: ['integer16', 32, 16, 5],
  nexthdr: ['inet_proto', 48, 8, 6],
  hoplimit: ['integer8', 56, 8, 7],
  saddr: ['ipv6_addr', 64, 128, 8],
  daddr: ['ipv6_addr', 192, 128, 9],
})

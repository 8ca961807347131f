import { ether, icmp, ip, ip6, meta, raw, sctp, tcp, udp, vlan } from '../../src/index.ts'
import { bridge, type Case, ingress, rule } from './case.ts'
/** Two matches and what lies between: what nft reads at once, and which protocols it knows already. */
export const pairs: readonly Case[] = [
  rule('tcp dport 1 tcp sequence 5', () => [tcp.dport.eq(1), tcp.sequence.eq(5)]),
  rule('ip saddr 1.2.3.4 ip ttl 5', () => [ip.saddr.eq('1.2.3.4'), ip.ttl.eq(5)]),
  rule('ip ttl 5 ip protocol tcp', () => [ip.ttl.eq(5), ip.protocol.eq('tcp')]),
  rule('udp length 5 udp checksum 6', () => [udp.length.eq(5), udp.checksum.eq(6)]),
  rule('ip6 nexthdr tcp ip6 hoplimit 5', () => [ip6.nexthdr.eq('tcp'), ip6.hoplimit.eq(5)]),
  rule('icmp type echo-request icmp code 0', () => [icmp.type.eq('echo-request'), icmp.code.eq(0)]),
  rule('icmp type echo-request icmp id 5', () => [icmp.type.eq('echo-request'), icmp.id.eq(5)]),
  rule('icmp id 5 icmp sequence 6', () => [icmp.id.eq(5), icmp.sequence.eq(6)]),
  rule('@th,0,16 5 @th,16,16 6', () => [raw('transport', 0, 16).eq(5), raw('transport', 16, 16).eq(6)]),
  rule('meta protocol ip ip saddr 1.2.3.4', () => [meta.protocol.eq('ip'), ip.saddr.eq('1.2.3.4')]),
  rule('ether type ip ip saddr 1.2.3.4', () => [ether.type.eq('ip'), ip.saddr.eq('1.2.3.4')]),
  rule('sctp sport 5 sctp dport 6', () => [sctp.sport.eq(5), sctp.dport.eq(6)]),
  rule('ether type ip ip saddr 1.2.3.4', () => [ether.type.eq('ip'), ip.saddr.eq('1.2.3.4')], bridge),
  rule(
    'vlan id 5 vlan type ip ip saddr 1.2.3.4',
    () => [vlan.id.eq(5), vlan.type.eq('ip'), ip.saddr.eq('1.2.3.4')],
    bridge,
  ),
  rule('vlan id 5 ip saddr 1.2.3.4', () => [vlan.id.eq(5), ip.saddr.eq('1.2.3.4')], bridge),
  rule(
    'vlan id 5 ip6 daddr fe80::1 tcp dport 5',
    () => [vlan.id.eq(5), ip6.daddr.eq('fe80::1'), tcp.dport.eq(5)],
    ingress,
  ),
  rule('ip ttl 5 tcp dport 5 ip dscp cs1', () => [ip.ttl.eq(5), tcp.dport.eq(5), ip.dscp.eq('cs1')]),
]

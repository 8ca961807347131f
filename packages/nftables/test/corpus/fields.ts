import {
  ah,
  arp,
  type Comment,
  comp,
  ct,
  dccp,
  dst,
  esp,
  ether,
  fib,
  frag,
  hbh,
  icmp,
  icmpv6,
  igmp,
  ip,
  ip6,
  ipOptions,
  ipsec,
  meta,
  mh,
  osf,
  raw,
  route,
  routing,
  type Statement,
  sctp,
  sctpChunk,
  socket,
  srh,
  tcp,
  tcpOptionNumber,
  tcpOptions,
  th,
  udp,
  udplite,
  vlan,
} from '../../src/index.ts'
import { arpTable, bridge, type Case, forward, ingress, type Place, prerouting, rule } from './case.ts'

type Part = Statement | Comment

/** What the generator needs of a selector; its types do not matter here. */
interface Any {
  eq(value: unknown): Part
  ne(value: unknown): Part
  in(values: readonly unknown[]): Part
  notIn(values: readonly unknown[]): Part
  lt?(value: unknown): Part
  ge?(value: unknown): Part
  set?(value: unknown): Part
}

type Form = 'eq' | 'ne' | 'set' | 'notset' | 'range' | 'notrange' | 'ge' | 'lt'

interface Row {
  /** nft's words for the field. */
  readonly word: string
  readonly field: unknown
  /** Two values as nft writes them, and as the builder takes them when that differs. */
  readonly texts: readonly [string, string]
  readonly values?: readonly [unknown, unknown]
  readonly forms: readonly Form[]
  readonly place?: Place
}

const all: readonly Form[] = ['eq', 'ne', 'set', 'notset', 'range', 'notrange', 'ge', 'lt']
/** Of fields that do not fill their bytes. */
const bits: readonly Form[] = ['eq', 'ne', 'range', 'notrange', 'ge', 'lt']
const named: readonly Form[] = ['eq', 'ne', 'set', 'notset']
const yes: readonly Form[] = ['eq']

const row = (
  word: string,
  field: unknown,
  forms: readonly Form[],
  one: string,
  two: string,
  more: Partial<Row> = {},
): Row => ({
  word,
  field,
  texts: [one, two],
  forms,
  ...more,
})

function written({ texts: [one, two] }: Row, form: Form): string {
  switch (form) {
    case 'eq':
      return one
    case 'ne':
      return `!= ${one}`
    case 'set':
      return `{ ${one}, ${two} }`
    case 'notset':
      return `!= { ${one}, ${two} }`
    case 'range':
      return `${one}-${two}`
    case 'notrange':
      return `!= ${one}-${two}`
    case 'ge':
      return `>= ${one}`
    case 'lt':
      return `< ${two}`
  }
}

function built({ field, texts, values }: Row, form: Form): Part {
  const any = field as Any
  const [one, two] = values ?? texts
  switch (form) {
    case 'eq':
      return any.eq(one)
    case 'ne':
      return any.ne(one)
    case 'set':
      return any.in([one, two])
    case 'notset':
      return any.notIn([one, two])
    case 'range':
      return any.eq(`${one}-${two}`)
    case 'notrange':
      return any.ne(`${one}-${two}`)
    case 'ge':
      return any.ge!(one)
    case 'lt':
      return any.lt!(two)
  }
}

const there = (word: string, field: unknown, place?: Place): Row => ({
  word,
  field,
  texts: ['exists', 'missing'],
  values: [true, false],
  forms: yes,
  ...(place && { place }),
})

const ipv4: readonly Row[] = [
  row('ip version', ip.version, bits, '4', '6'),
  row('ip hdrlength', ip.hdrlength, bits, '5', '8'),
  row('ip dscp', ip.dscp, ['eq', 'ne', 'set', 'notset'], 'cs1', 'af11'),
  row('ip ecn', ip.ecn, ['eq', 'ne'], 'ce', 'ect0'),
  row('ip length', ip.length, all, '100', '1500'),
  row('ip id', ip.id, all, '5', '1000'),
  row('ip frag-off', ip.fragOff, all, '5', '10'),
  row('ip ttl', ip.ttl, all, '1', '64'),
  row('ip protocol', ip.protocol, named, 'tcp', 'udp'),
  row('ip checksum', ip.checksum, all, '5', '10'),
  row('ip saddr', ip.saddr, all, '10.0.0.1', '10.0.0.9'),
  row('ip daddr', ip.daddr, all, '10.0.0.1', '10.0.0.9'),
]

const ipv6: readonly Row[] = [
  row('ip6 version', ip6.version, bits, '4', '6'),
  row('ip6 dscp', ip6.dscp, ['eq', 'ne'], 'cs1', 'af11'),
  row('ip6 ecn', ip6.ecn, ['eq', 'ne'], 'ce', 'ect0'),
  row('ip6 flowlabel', ip6.flowlabel, ['eq', 'ne'], '5', '10'),
  row('ip6 length', ip6.length, all, '100', '1500'),
  row('ip6 nexthdr', ip6.nexthdr, named, 'tcp', 'udp'),
  row('ip6 hoplimit', ip6.hoplimit, all, '1', '64'),
  row('ip6 saddr', ip6.saddr, all, 'fe80::1', 'fe80::9'),
  row('ip6 daddr', ip6.daddr, all, 'fe80::1', 'fe80::9'),
]

const transports: readonly Row[] = [
  row('tcp sport', tcp.sport, all, '5', '10'),
  row('tcp dport', tcp.dport, all, '5', '10'),
  row('tcp sequence', tcp.sequence, all, '5', '10'),
  row('tcp ackseq', tcp.ackseq, all, '5', '10'),
  row('tcp doff', tcp.doff, bits, '5', '10'),
  row('tcp reserved', tcp.reserved, bits, '5', '10'),
  row('tcp window', tcp.window, all, '5', '10'),
  row('tcp checksum', tcp.checksum, all, '5', '10'),
  row('tcp urgptr', tcp.urgptr, all, '5', '10'),
  row('udp sport', udp.sport, all, '5', '10'),
  row('udp dport', udp.dport, all, '5', '10'),
  row('udp length', udp.length, all, '5', '10'),
  row('udp checksum', udp.checksum, all, '5', '10'),
  row('udplite sport', udplite.sport, named, '5', '10'),
  row('udplite csumcov', udplite.csumcov, all, '5', '10'),
  row('udplite checksum', udplite.checksum, named, '5', '10'),
  row('sctp sport', sctp.sport, all, '5', '10'),
  row('sctp dport', sctp.dport, all, '5', '10'),
  row('sctp vtag', sctp.vtag, all, '5', '10'),
  row('sctp checksum', sctp.checksum, named, '5', '10'),
  row('dccp sport', dccp.sport, all, '5', '10'),
  row('dccp dport', dccp.dport, all, '5', '10'),
  row('dccp type', dccp.type, ['eq', 'ne'], 'request', 'ack'),
  row('th sport', th.sport, all, '5', '10'),
  row('th dport', th.dport, all, '5', '10'),
  row('ah nexthdr', ah.nexthdr, ['ne', 'notset'], 'tcp', 'udp'),
  row('ah hdrlength', ah.hdrlength, all, '5', '10'),
  row('ah reserved', ah.reserved, named, '5', '10'),
  row('ah spi', ah.spi, all, '5', '10'),
  row('ah sequence', ah.sequence, all, '5', '10'),
  row('esp spi', esp.spi, all, '5', '10'),
  row('esp sequence', esp.sequence, all, '5', '10'),
  row('comp flags', comp.flags, all, '5', '10'),
  row('comp cpi', comp.cpi, all, '5', '10'),
]

const messages: readonly Row[] = [
  row('icmp type', icmp.type, named, 'echo-request', 'echo-reply'),
  row('icmp code', icmp.code, named, 'port-unreachable', 'host-unreachable'),
  row('icmp checksum', icmp.checksum, all, '5', '10'),
  row('icmp id', icmp.id, all, '5', '10'),
  row('icmp sequence', icmp.sequence, all, '5', '10'),
  row('icmp gateway', icmp.gateway, all, '5', '10'),
  row('icmp mtu', icmp.mtu, all, '5', '10'),
  row('icmpv6 type', icmpv6.type, named, 'echo-request', 'nd-redirect'),
  row('icmpv6 code', icmpv6.code, named, 'no-route', 'port-unreachable'),
  row('icmpv6 checksum', icmpv6.checksum, all, '5', '10'),
  row('icmpv6 mtu', icmpv6.mtu, all, '5', '10'),
  row('icmpv6 id', icmpv6.id, all, '5', '10'),
  row('icmpv6 sequence', icmpv6.sequence, all, '5', '10'),
  row('icmpv6 max-delay', icmpv6.maxDelay, all, '5', '10'),
  row('igmp type', igmp.type, named, 'membership-query', 'leave-group'),
  row('igmp mrt', igmp.mrt, all, '5', '10'),
  row('igmp checksum', igmp.checksum, all, '5', '10'),
  row('igmp group', igmp.group, all, '5', '10'),
]

const links: readonly Row[] = [
  row('ether saddr', ether.saddr, named, '02:00:00:00:00:01', '02:00:00:00:00:02'),
  row('ether daddr', ether.daddr, named, '02:00:00:00:00:01', '02:00:00:00:00:02'),
  row('ether type', ether.type, named, 'ip', 'ip6'),
  row('ether saddr', ether.saddr, named, '02:00:00:00:00:01', '02:00:00:00:00:02', { place: bridge }),
  row('ether type', ether.type, named, 'arp', 'ip6', { place: bridge }),
  row('vlan id', vlan.id, ['eq', 'ne'], '5', '10', { place: bridge }),
  row('vlan pcp', vlan.pcp, bits, '3', '5', { place: bridge }),
  row('vlan dei', vlan.dei, ['eq', 'ne'], '1', '0', { place: bridge }),
  row('vlan type', vlan.type, named, 'ip', 'ip6', { place: bridge }),
  row('vlan id', vlan.id, ['eq', 'ne'], '5', '10', { place: ingress }),
  row('vlan pcp', vlan.pcp, bits, '3', '5', { place: ingress }),
  row('vlan type', vlan.type, named, 'arp', 'ip6', { place: ingress }),
  row('arp operation', arp.operation, named, 'request', 'reply', { place: bridge }),
  row('arp operation', arp.operation, named, 'request', 'reply', { place: ingress }),
  row('arp htype', arp.htype, all, '1', '5', { place: arpTable }),
  row('arp ptype', arp.ptype, named, 'ip', 'ip6', { place: arpTable }),
  row('arp hlen', arp.hlen, all, '6', '8', { place: arpTable }),
  row('arp plen', arp.plen, all, '4', '8', { place: arpTable }),
  row('arp operation', arp.operation, named, 'request', 'reply', { place: arpTable }),
  row('arp saddr ether', arp.saddrEther, named, '02:00:00:00:00:01', '02:00:00:00:00:02', { place: arpTable }),
  row('arp daddr ether', arp.daddrEther, named, '02:00:00:00:00:01', '02:00:00:00:00:02', { place: arpTable }),
  row('arp saddr ip', arp.saddrIp, all, '10.0.0.1', '10.0.0.9', { place: arpTable }),
  row('arp daddr ip', arp.daddrIp, all, '10.0.0.1', '10.0.0.9', { place: arpTable }),
  row('ip saddr', ip.saddr, all, '10.0.0.1', '10.0.0.9', { place: bridge }),
  row('ip6 daddr', ip6.daddr, named, 'fe80::1', 'fe80::9', { place: bridge }),
  row('tcp dport', tcp.dport, all, '5', '10', { place: bridge }),
  row('icmp type', icmp.type, named, 'echo-request', 'echo-reply', { place: bridge }),
  row('icmpv6 type', icmpv6.type, named, 'echo-request', 'echo-reply', { place: bridge }),
  row('ip saddr', ip.saddr, all, '10.0.0.1', '10.0.0.9', { place: ingress }),
  row('ip6 daddr', ip6.daddr, named, 'fe80::1', 'fe80::9', { place: ingress }),
  row('tcp dport', tcp.dport, all, '5', '10', { place: ingress }),
  row('icmp type', icmp.type, named, 'echo-request', 'echo-reply', { place: ingress }),
  row('icmpv6 type', icmpv6.type, named, 'echo-request', 'echo-reply', { place: ingress }),
]

const metas: readonly Row[] = [
  row('meta length', meta.length, all, '100', '1500'),
  row('meta protocol', meta.protocol, named, 'ip', 'ip6'),
  row('meta nfproto', meta.nfproto, named, 'ipv4', 'ipv6'),
  row('meta l4proto', meta.l4proto, named, 'tcp', 'udp'),
  row('meta mark', meta.mark, all, '5', '10'),
  row('meta priority', meta.priority, ['eq', 'ne', 'set'], '1:2', '1:5'),
  row('meta pkttype', meta.pkttype, named, 'host', 'broadcast'),
  row('iifname', meta.iifname, named, '"lan"', '"wan"', { values: ['lan', 'wan'] }),
  row('oifname', meta.oifname, named, '"lan"', '"wan"', { values: ['lan', 'wan'] }),
  row('iif', meta.iif, ['eq', 'ne'], '"lo"', '"lo"', { values: ['lo', 'lo'] }),
  row('oif', meta.oif, ['eq', 'ne'], '"lo"', '"lo"', { values: ['lo', 'lo'] }),
  row('meta iiftype', meta.iiftype, named, 'ether', 'loopback'),
  row('meta oiftype', meta.oiftype, named, 'ether', 'ppp'),
  row('meta iifgroup', meta.iifgroup, all, '5', '10'),
  row('meta oifgroup', meta.oifgroup, all, '5', '10'),
  row('meta iifkind', meta.iifkind, named, '"veth"', '"vrf"', { values: ['veth', 'vrf'] }),
  row('meta oifkind', meta.oifkind, named, '"veth"', '"vrf"', { values: ['veth', 'vrf'] }),
  row('meta sdif', meta.sdif, ['eq', 'ne'], '"lo"', '"lo"', { values: ['lo', 'lo'] }),
  row('meta sdifname', meta.sdifname, named, '"lan"', '"wan"', { values: ['lan', 'wan'] }),
  row('meta skuid', meta.skuid, all, '5', '10'),
  row('meta skgid', meta.skgid, all, '5', '10'),
  row('meta rtclassid', meta.rtclassid, all, '5', '10'),
  row('meta cpu', meta.cpu, all, '5', '10'),
  row('meta cgroup', meta.cgroup, all, '5', '10'),
  row('meta random', meta.random, ['eq', 'ne', 'ge', 'lt'], '5', '10'),
  there('meta ipsec', meta.ipsec),
  row('meta hour', meta.hour, all, '"10:00"', '"12:00:30"', { values: ['10:00', '12:00:30'] }),
  row('meta day', meta.day, named, '"Sunday"', '"Friday"', { values: ['Sunday', 'Friday'] }),
]

const connection: readonly Row[] = [
  row('ct direction', ct.direction, named, 'original', 'reply'),
  row('ct mark', ct.mark, all, '5', '10'),
  row('ct zone', ct.zone, all, '5', '10'),
  row('ct original zone', ct.original.zone, ['eq', 'ne'], '5', '10'),
  row('ct expiration', ct.expiration, all, '5s', '10s', { values: [5000, 10_000] }),
  row('ct helper', ct.helper, named, '"ftp"', '"sip"', { values: ['ftp', 'sip'] }),
  row('ct id', ct.id, all, '5', '10'),
  row('ct l3proto', ct.l3proto, named, 'ipv4', 'ipv6'),
  row('ct protocol', ct.protocol, named, 'tcp', 'udp'),
  row('ct packets', ct.packets, all, '5', '10'),
  row('ct bytes', ct.bytes, all, '5', '10'),
  row('ct avgpkt', ct.avgpkt, all, '5', '10'),
  row('ct original packets', ct.original.packets, all, '5', '10'),
  row('ct reply bytes', ct.reply.bytes, all, '5', '10'),
  row('ct reply avgpkt', ct.reply.avgpkt, ['ge', 'lt'], '5', '10'),
  row('ct original l3proto', ct.original.l3proto, ['eq'], 'ipv4', 'ipv6'),
  row('ct original protocol', ct.original.protocol, ['eq'], 'tcp', 'udp'),
  row('ct original ip saddr', ct.original.ip.saddr, all, '10.0.0.1', '10.0.0.9'),
  row('ct reply ip6 daddr', ct.reply.ip6.daddr, named, 'fe80::1', 'fe80::9'),
]

const others: readonly Row[] = [
  row('rt classid', route.classid, all, '5', '10'),
  row('rt ip nexthop', route.nexthop, all, '10.0.0.1', '10.0.0.9'),
  row('rt ip6 nexthop', route.nexthop6, named, 'fe80::1', 'fe80::9'),
  row('rt mtu', route.mtu, all, '500', '1000', { place: forward }),
  there('rt ipsec', route.ipsec),
  row('socket transparent', socket.transparent, ['eq', 'ne'], '1', '0', { place: prerouting }),
  row('socket wildcard', socket.wildcard, ['eq', 'ne'], '1', '0', { place: prerouting }),
  row('socket mark', socket.mark, all, '5', '10', { place: prerouting }),
  row('osf name', osf(), named, '"Linux"', '"Windows"', { values: ['Linux', 'Windows'], place: prerouting }),
  row('osf ttl loose name', osf({ ttl: 'less' }), yes, '"Linux"', '', { values: ['Linux', ''], place: prerouting }),
  row('osf ttl skip version', osf({ ttl: 'nocheck', version: true }), yes, '"Linux:3.0"', '', {
    values: ['Linux:3.0', ''],
    place: prerouting,
  }),
  row('ipsec in reqid', ipsec('in').reqid, all, '5', '10'),
  row('ipsec out spi', ipsec('out').spi, all, '5', '10'),
  row('ipsec in spnum 1 spi', ipsec('in', 1).spi, ['eq'], '5', '10'),
  row('ipsec out ip saddr', ipsec('out').ip.saddr, named, '10.0.0.1', '10.0.0.9'),
  row('ipsec in ip6 daddr', ipsec('in').ip6.daddr, named, 'fe80::1', 'fe80::9'),
  row('fib daddr type', fib('daddr').type, named, 'local', 'broadcast', { place: prerouting }),
  row('fib saddr . iif oifname', fib(['saddr', 'iif']).oifname, ['eq', 'ne'], '"lo"', '"x"', {
    values: ['lo', 'x'],
    place: prerouting,
  }),
  row('fib daddr oif', fib('daddr').oif, ['eq', 'ne'], '"lo"', '"lo"', { values: ['lo', 'lo'], place: prerouting }),
  there('fib saddr . mark . iif oif', fib(['saddr', 'mark', 'iif']).exists, prerouting),
  row('@th,16,16', raw('transport', 16, 16), ['eq', 'ne', 'ge'], '5', '10'),
  row('@nh,8,8', raw('network', 8, 8), ['eq', 'ne', 'ge'], '5', '10'),
  row('@ll,0,32', raw('link', 0, 32), ['eq', 'ne', 'ge'], '5', '10'),
  row('@ih,0,32', raw('inner', 0, 32), ['eq', 'ne', 'ge'], '5', '10'),
]

const extensions: readonly Row[] = [
  there('exthdr hbh', hbh.exists),
  there('exthdr dst', dst.exists),
  there('exthdr mh', mh.exists),
  there('exthdr rt', routing.exists),
  there('exthdr frag', frag.exists),
  row('hbh nexthdr', hbh.nexthdr, named, 'tcp', 'udp'),
  row('hbh hdrlength', hbh.hdrlength, all, '5', '10'),
  row('dst nexthdr', dst.nexthdr, named, 'tcp', 'udp'),
  row('dst hdrlength', dst.hdrlength, all, '5', '10'),
  row('mh nexthdr', mh.nexthdr, named, 'tcp', 'udp'),
  row('mh hdrlength', mh.hdrlength, all, '5', '10'),
  row('mh type', mh.type, ['eq', 'ne'], '5', '10'),
  row('mh checksum', mh.checksum, all, '5', '10'),
  row('rt nexthdr', routing.nexthdr, named, 'tcp', 'udp'),
  row('rt hdrlength', routing.hdrlength, all, '5', '10'),
  row('rt type', routing.type, all, '5', '10'),
  row('rt seg-left', routing.segLeft, all, '5', '10'),
  row('srh last-entry', srh.lastEntry, all, '5', '10'),
  row('srh flags', srh.flags, all, '5', '10'),
  row('srh tag', srh.tag, all, '5', '10'),
  row('frag nexthdr', frag.nexthdr, named, 'tcp', 'udp'),
  row('frag frag-off', frag.fragOff, ['eq', 'ne'], '5', '10'),
  row('frag more-fragments', frag.moreFragments, ['eq'], '1', '0'),
  row('frag id', frag.id, all, '5', '10'),
  there('tcp option maxseg', tcpOptions.maxseg.exists),
  there('tcp option window', tcpOptions.window.exists),
  there('tcp option sack-perm', tcpOptions.sackPermitted.exists),
  there('tcp option timestamp', tcpOptions.timestamp.exists),
  there('tcp option 255', tcpOptionNumber(255).exists),
  row('tcp option maxseg size', tcpOptions.maxseg.size, all, '536', '1460'),
  row('tcp option maxseg length', tcpOptions.maxseg.length, ['eq', 'ne'], '4', '5'),
  row('tcp option window count', tcpOptions.window.count, all, '5', '10'),
  row('tcp option sack0 left', tcpOptions.sack0.left, all, '5', '10'),
  row('tcp option sack1 right', tcpOptions.sack1.right, all, '5', '10'),
  row('tcp option sack2 left', tcpOptions.sack2.left, ['eq'], '5', '10'),
  row('tcp option sack3 right', tcpOptions.sack3.right, ['eq'], '5', '10'),
  row('tcp option timestamp tsval', tcpOptions.timestamp.tsval, all, '5', '10'),
  row('tcp option timestamp tsecr', tcpOptions.timestamp.tsecr, all, '5', '10'),
  there('ip option rr', ipOptions.rr.exists),
  there('ip option ra', ipOptions.ra.exists),
  row('ip option lsrr type', ipOptions.lsrr.type, all, '131', '137'),
  row('ip option ssrr ptr', ipOptions.ssrr.ptr, all, '5', '10'),
  row('ip option rr length', ipOptions.rr.length, all, '5', '10'),
  row('ip option ra value', ipOptions.ra.value, all, '5', '10'),
  there('sctp chunk data', sctpChunk('data').exists),
  row('sctp chunk init flags', sctpChunk('init').flags, all, '5', '10'),
  row('sctp chunk sack length', sctpChunk('sack').length, all, '5', '10'),
]

/** Addresses and the like have no order. */
const takes = ({ field }: Row, form: Form): boolean =>
  (form !== 'ge' && form !== 'lt') || (field as Any)[form] !== undefined

const cases = (rows: readonly Row[]): readonly Case[] =>
  rows.flatMap((row) =>
    row.forms
      .filter((form) => takes(row, form))
      .map((form) => rule(`${row.word} ${written(row, form)}`, () => [built(row, form)], row.place)),
  )

/** Selectors × comparisons. */
export const fields: Readonly<Record<string, readonly Case[]>> = {
  ipv4: cases(ipv4),
  ipv6: cases(ipv6),
  transports: cases(transports),
  messages: cases(messages),
  links: cases(links),
  metas: cases(metas),
  connection: cases(connection),
  others: cases(others),
  extensions: cases(extensions),
}
export const everyField: readonly Case[] = Object.values(fields).flat()

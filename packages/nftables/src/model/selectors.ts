import type { CtDirection, CtKey, MetaKey } from '../expr/index.ts'
import type { TypeName } from './datatype.ts'
import { ModelError } from './error.ts'
import { type Operand, type ParsedOperand, parseOperand } from './operand.ts'
import { type Field, FlagField, NumberField, ValueField } from './selector.ts'
import type { FibSource, PayloadSource, Protocol } from './source.ts'

/** Sets what the selector reads: `meta mark set …`, `ct mark set …`. */
export interface SetField {
  readonly statement: 'set'
  readonly target: Field
  readonly value: ParsedOperand
}

/** A selector that rules can also write. */
export class MarkField extends NumberField<'mark'> {
  /** To a number, or to what another selector or a map gives. */
  set(value: Operand<'mark'>): SetField {
    return { statement: 'set', target: this, value: parseOperand('mark', value) }
  }
}

type Place = readonly [protocol: Protocol, offset: number, length: number, field: number]
type Base = PayloadSource['base']

const payload = (base: Base, [protocol, offset, length, field]: Place): PayloadSource => ({
  from: 'payload',
  protocol,
  base,
  offset,
  length,
  field,
})

const inNetwork = <T extends TypeName>(type: T, text: string, place: Place): ValueField<T> =>
  new ValueField(type, payload('network', place), text)

const port = (protocol: 'tcp' | 'udp' | 'th', side: 'sport' | 'dport'): NumberField<'inet_service'> => {
  const place: Place = side === 'sport' ? [protocol, 0, 2, 1] : [protocol, 2, 2, 2]
  return new NumberField('inet_service', payload('transport', place), `${protocol} ${side}`)
}

export const ether: { readonly saddr: ValueField<'ether_addr'>; readonly daddr: ValueField<'ether_addr'> } = {
  saddr: new ValueField('ether_addr', payload('link', ['ether', 6, 6, 2]), 'ether saddr'),
  daddr: new ValueField('ether_addr', payload('link', ['ether', 0, 6, 1]), 'ether daddr'),
}

/** IPv4 header (RFC 791 section 3.1). */
export const ip: {
  readonly saddr: ValueField<'ipv4_addr'>
  readonly daddr: ValueField<'ipv4_addr'>
  readonly protocol: ValueField<'inet_proto'>
} = {
  saddr: inNetwork('ipv4_addr', 'ip saddr', ['ip', 12, 4, 11]),
  daddr: inNetwork('ipv4_addr', 'ip daddr', ['ip', 16, 4, 12]),
  protocol: inNetwork('inet_proto', 'ip protocol', ['ip', 9, 1, 9]),
}

/** IPv6 header (RFC 8200 section 3). For the transport protocol use `meta.l4proto`: it looks behind extension headers. */
export const ip6: {
  readonly saddr: ValueField<'ipv6_addr'>
  readonly daddr: ValueField<'ipv6_addr'>
  readonly nexthdr: ValueField<'inet_proto'>
} = {
  saddr: inNetwork('ipv6_addr', 'ip6 saddr', ['ip6', 8, 16, 8]),
  daddr: inNetwork('ipv6_addr', 'ip6 daddr', ['ip6', 24, 16, 9]),
  nexthdr: inNetwork('inet_proto', 'ip6 nexthdr', ['ip6', 6, 1, 6]),
}

interface Ports {
  readonly sport: NumberField<'inet_service'>
  readonly dport: NumberField<'inet_service'>
}

/** TCP header (RFC 9293 section 3.1). */
export const tcp: Ports & { readonly flags: FlagField<'tcp_flag'> } = {
  sport: port('tcp', 'sport'),
  dport: port('tcp', 'dport'),
  flags: new FlagField('tcp_flag', payload('transport', ['tcp', 13, 1, 7]), 'tcp flags'),
}

/** UDP header (RFC 768). */
export const udp: Ports = { sport: port('udp', 'sport'), dport: port('udp', 'dport') }

/** The ports of whatever transport protocol it is; say which with `meta.l4proto` first. */
export const th: Ports = { sport: port('th', 'sport'), dport: port('th', 'dport') }

export const icmp: { readonly type: ValueField<'icmp_type'> } = {
  type: new ValueField('icmp_type', payload('transport', ['icmp', 0, 1, 1]), 'icmp type'),
}

export const icmpv6: { readonly type: ValueField<'icmpv6_type'> } = {
  type: new ValueField('icmpv6_type', payload('transport', ['icmpv6', 0, 1, 1]), 'icmpv6 type'),
}

const metaValue = <T extends TypeName>(type: T, key: MetaKey, text = `meta ${key}`): ValueField<T> =>
  new ValueField(type, { from: 'meta', key }, text)

/** What the kernel knows about the packet. */
export const meta: {
  readonly iifname: ValueField<'ifname'>
  readonly oifname: ValueField<'ifname'>
  readonly iif: ValueField<'iface_index'>
  readonly oif: ValueField<'iface_index'>
  readonly nfproto: ValueField<'nf_proto'>
  readonly l4proto: ValueField<'inet_proto'>
  readonly mark: MarkField
  readonly pkttype: ValueField<'pkt_type'>
  readonly skuid: ValueField<'uid'>
  readonly skgid: ValueField<'gid'>
} = {
  iifname: metaValue('ifname', 'iifname', 'iifname'),
  oifname: metaValue('ifname', 'oifname', 'oifname'),
  iif: metaValue('iface_index', 'iif', 'iif'),
  oif: metaValue('iface_index', 'oif', 'oif'),
  nfproto: metaValue('nf_proto', 'nfproto'),
  l4proto: new ValueField('inet_proto', { from: 'meta', key: 'l4proto' }, 'meta l4proto', { order: 'host' }),
  mark: new MarkField('mark', { from: 'meta', key: 'mark' }, 'meta mark'),
  pkttype: metaValue('pkt_type', 'pkttype'),
  skuid: metaValue('uid', 'skuid'),
  skgid: metaValue('gid', 'skgid'),
}

export const iifname: ValueField<'ifname'> = meta.iifname
export const oifname: ValueField<'ifname'> = meta.oifname
export const iif: ValueField<'iface_index'> = meta.iif
export const oif: ValueField<'iface_index'> = meta.oif

/** One tuple of the connection: addresses and ports of its packets in that direction. */
export interface CtTuple {
  readonly ip: { readonly saddr: ValueField<'ipv4_addr'>; readonly daddr: ValueField<'ipv4_addr'> }
  readonly ip6: { readonly saddr: ValueField<'ipv6_addr'>; readonly daddr: ValueField<'ipv6_addr'> }
  readonly protoSrc: NumberField<'inet_service'>
  readonly protoDst: NumberField<'inet_service'>
}

function tuple(direction: CtDirection): CtTuple {
  const text = (rest: string): string => `ct ${direction} ${rest}`
  const address = <T extends TypeName>(type: T, key: CtKey, rest: string): ValueField<T> =>
    new ValueField(type, { from: 'ct', key, direction }, text(rest))
  const proto = (key: CtKey, rest: string): NumberField<'inet_service'> =>
    new NumberField('inet_service', { from: 'ct', key, direction }, text(rest))
  return {
    ip: { saddr: address('ipv4_addr', 'src_ip', 'ip saddr'), daddr: address('ipv4_addr', 'dst_ip', 'ip daddr') },
    ip6: { saddr: address('ipv6_addr', 'src_ip6', 'ip6 saddr'), daddr: address('ipv6_addr', 'dst_ip6', 'ip6 daddr') },
    protoSrc: proto('proto_src', 'proto-src'),
    protoDst: proto('proto_dst', 'proto-dst'),
  }
}

/** What connection tracking knows about the packet's connection. */
export const ct: {
  readonly state: FlagField<'ct_state'>
  readonly status: FlagField<'ct_status'>
  readonly direction: ValueField<'ct_dir'>
  readonly mark: MarkField
  readonly original: CtTuple
  readonly reply: CtTuple
} = {
  state: new FlagField('ct_state', { from: 'ct', key: 'state' }, 'ct state'),
  status: new FlagField('ct_status', { from: 'ct', key: 'status' }, 'ct status'),
  direction: new ValueField('ct_dir', { from: 'ct', key: 'direction' }, 'ct direction'),
  mark: new MarkField('mark', { from: 'ct', key: 'mark' }, 'ct mark'),
  original: tuple('original'),
  reply: tuple('reply'),
}

type FibKey = 'saddr' | 'daddr' | 'mark' | 'iif' | 'oif'

/** The answer of the routing tables for the packet: `fib(['saddr', 'iif']).oif`. One of `saddr`, `daddr` is needed. */
export function fib(keys: FibKey | readonly FibKey[]): {
  /** Kind of the address: `local`, `broadcast`, … */
  readonly type: ValueField<'fib_addrtype'>
  /** Is there a route? With `iif`: by the interface that the packet came in by. */
  readonly exists: ValueField<'boolean'>
} {
  const flags: readonly FibKey[] = typeof keys === 'string' ? [keys] : keys
  if (flags.includes('saddr') === flags.includes('daddr')) {
    throw new ModelError(`fib of '${flags.join(' . ')}'`, 'name one of saddr and daddr')
  }
  const source = (result: FibSource['result'], more: FibSource['flags'] = []): FibSource => ({
    from: 'fib',
    result,
    flags: [...flags, ...more],
  })
  const text = `fib ${flags.join(' . ')}`
  return {
    type: new ValueField('fib_addrtype', source('addrtype'), `${text} type`),
    exists: new ValueField('boolean', source('oif', ['present']), `${text} oif`, { length: 4 }),
  }
}

import type { CtDirection, CtKey } from '../expr/index.ts'
import type { TypeName } from './datatype.ts'
import { ModelError } from './error.ts'
import type { Flags } from './match.ts'
import { FlagField, NumberField, ValueField } from './selector.ts'
import type { FibSource } from './source.ts'
import { tcpFields } from './transport.ts'
import { MarkField, WritableField, WritableFlags } from './writable.ts'

/** TCP header (RFC 9293 section 3.1). */
export const tcp: typeof tcpFields & { readonly flags: WritableFlags<'tcp_flag'> } = {
  ...tcpFields,
  flags: new WritableFlags(
    'tcp_flag',
    { from: 'payload', protocol: 'tcp', base: 'transport', offset: 13, length: 1, field: 7 },
    'tcp flags',
  ),
}

/** What the kernel knows about the packet. */
export const meta: {
  readonly iifname: ValueField<'ifname'>
  readonly oifname: ValueField<'ifname'>
  readonly iif: ValueField<'iface_index'>
  readonly oif: ValueField<'iface_index'>
  readonly iiftype: ValueField<'arp_hrd'>
  readonly oiftype: ValueField<'arp_hrd'>
  readonly iifgroup: NumberField<'devgroup'>
  readonly oifgroup: NumberField<'devgroup'>
  readonly iifkind: ValueField<'ifname'>
  readonly oifkind: ValueField<'ifname'>
  /** Of the bridge that the packet came in by, in tables of family bridge. */
  readonly ibrname: ValueField<'ifname'>
  readonly obrname: ValueField<'ifname'>
  readonly ibrpvid: NumberField<'number16'>
  readonly ibrvproto: ValueField<'ether_type'>
  readonly sdif: ValueField<'iface_index'>
  readonly sdifname: ValueField<'ifname'>
  /** Bytes. */
  readonly length: NumberField<'number32'>
  readonly protocol: ValueField<'ether_type'>
  readonly nfproto: ValueField<'nf_proto'>
  readonly l4proto: ValueField<'inet_proto'>
  readonly mark: MarkField
  /** For queueing disciplines: `1:2`. */
  readonly priority: WritableField<'classid'>
  readonly pkttype: WritableField<'pkt_type'>
  /** 1: `trace()` shows the way of the packet from here on. */
  readonly nftrace: WritableField<'number8'>
  readonly skuid: NumberField<'uid'>
  readonly skgid: NumberField<'gid'>
  readonly rtclassid: NumberField<'realm'>
  readonly cpu: NumberField<'number32'>
  /** net_cls class of the socket. */
  readonly cgroup: NumberField<'number32'>
  /** A number drawn anew for each packet. */
  readonly random: NumberField<'integer32'>
  readonly ipsec: ValueField<'boolean'>
  /** Nanoseconds since 1970. */
  readonly time: NumberField<'time_date'>
  /** Seconds since midnight UTC, or `13:30`. */
  readonly hour: NumberField<'time_hour'>
  readonly day: ValueField<'day'>
} = {
  iifname: new ValueField('ifname', { from: 'meta', key: 'iifname' }, 'iifname'),
  oifname: new ValueField('ifname', { from: 'meta', key: 'oifname' }, 'oifname'),
  iif: new ValueField('iface_index', { from: 'meta', key: 'iif' }, 'iif'),
  oif: new ValueField('iface_index', { from: 'meta', key: 'oif' }, 'oif'),
  iiftype: new ValueField('arp_hrd', { from: 'meta', key: 'iiftype' }, 'meta iiftype'),
  oiftype: new ValueField('arp_hrd', { from: 'meta', key: 'oiftype' }, 'meta oiftype'),
  iifgroup: new NumberField('devgroup', { from: 'meta', key: 'iifgroup' }, 'meta iifgroup'),
  oifgroup: new NumberField('devgroup', { from: 'meta', key: 'oifgroup' }, 'meta oifgroup'),
  iifkind: new ValueField('ifname', { from: 'meta', key: 'iifkind' }, 'meta iifkind'),
  oifkind: new ValueField('ifname', { from: 'meta', key: 'oifkind' }, 'meta oifkind'),
  ibrname: new ValueField('ifname', { from: 'meta', key: 'bri_iifname' }, 'meta ibrname'),
  obrname: new ValueField('ifname', { from: 'meta', key: 'bri_oifname' }, 'meta obrname'),
  ibrpvid: new NumberField('number16', { from: 'meta', key: 'bri_iifpvid' }, 'meta ibrpvid'),
  ibrvproto: new ValueField('ether_type', { from: 'meta', key: 'bri_iifvproto' }, 'meta ibrvproto'),
  sdif: new ValueField('iface_index', { from: 'meta', key: 'sdif' }, 'meta sdif'),
  sdifname: new ValueField('ifname', { from: 'meta', key: 'sdifname' }, 'meta sdifname'),
  length: new NumberField('number32', { from: 'meta', key: 'len' }, 'meta length'),
  protocol: new ValueField('ether_type', { from: 'meta', key: 'protocol' }, 'meta protocol'),
  nfproto: new ValueField('nf_proto', { from: 'meta', key: 'nfproto' }, 'meta nfproto'),
  l4proto: new ValueField('inet_proto', { from: 'meta', key: 'l4proto' }, 'meta l4proto', { order: 'host' }),
  mark: new MarkField('mark', { from: 'meta', key: 'mark' }, 'meta mark'),
  priority: new WritableField('classid', { from: 'meta', key: 'priority' }, 'meta priority'),
  pkttype: new WritableField('pkt_type', { from: 'meta', key: 'pkttype' }, 'meta pkttype'),
  nftrace: new WritableField('number8', { from: 'meta', key: 'nftrace' }, 'meta nftrace'),
  skuid: new NumberField('uid', { from: 'meta', key: 'skuid' }, 'meta skuid'),
  skgid: new NumberField('gid', { from: 'meta', key: 'skgid' }, 'meta skgid'),
  rtclassid: new NumberField('realm', { from: 'meta', key: 'rtclassid' }, 'meta rtclassid'),
  cpu: new NumberField('number32', { from: 'meta', key: 'cpu' }, 'meta cpu'),
  cgroup: new NumberField('number32', { from: 'meta', key: 'cgroup' }, 'meta cgroup'),
  random: new NumberField('integer32', { from: 'meta', key: 'prandom' }, 'meta random'),
  ipsec: new ValueField('boolean', { from: 'meta', key: 'secpath' }, 'meta ipsec'),
  time: new NumberField('time_date', { from: 'meta', key: 'time_ns' }, 'meta time'),
  hour: new NumberField('time_hour', { from: 'meta', key: 'time_hour' }, 'meta hour'),
  day: new ValueField('day', { from: 'meta', key: 'time_day' }, 'meta day'),
}

export const iifname: ValueField<'ifname'> = meta.iifname
export const oifname: ValueField<'ifname'> = meta.oifname
export const iif: ValueField<'iface_index'> = meta.iif
export const oif: ValueField<'iface_index'> = meta.oif

/** One tuple of the connection: addresses and ports of its packets in that direction, and what was counted. */
export interface CtTuple {
  readonly ip: { readonly saddr: ValueField<'ipv4_addr'>; readonly daddr: ValueField<'ipv4_addr'> }
  readonly ip6: { readonly saddr: ValueField<'ipv6_addr'>; readonly daddr: ValueField<'ipv6_addr'> }
  readonly protoSrc: NumberField<'inet_service'>
  readonly protoDst: NumberField<'inet_service'>
  readonly protocol: ValueField<'inet_proto'>
  readonly l3proto: ValueField<'nf_proto'>
  readonly zone: WritableField<'number16'>
  readonly packets: NumberField<'number64'>
  readonly bytes: NumberField<'number64'>
  readonly avgpkt: NumberField<'number64'>
}

function tuple(direction: CtDirection): CtTuple {
  const text = (rest: string): string => `ct ${direction} ${rest}`
  const source = (key: CtKey): { from: 'ct'; key: CtKey; direction: CtDirection } => ({ from: 'ct', key, direction })
  const value = <T extends TypeName>(type: T, key: CtKey, rest: string): ValueField<T> =>
    new ValueField(type, source(key), text(rest))
  const number = <T extends TypeName>(type: T, key: CtKey, rest: string): NumberField<T> =>
    new NumberField(type, source(key), text(rest))
  return {
    ip: { saddr: value('ipv4_addr', 'src_ip', 'ip saddr'), daddr: value('ipv4_addr', 'dst_ip', 'ip daddr') },
    ip6: { saddr: value('ipv6_addr', 'src_ip6', 'ip6 saddr'), daddr: value('ipv6_addr', 'dst_ip6', 'ip6 daddr') },
    protoSrc: number('inet_service', 'proto_src', 'proto-src'),
    protoDst: number('inet_service', 'proto_dst', 'proto-dst'),
    protocol: value('inet_proto', 'protocol', 'protocol'),
    l3proto: value('nf_proto', 'l3protocol', 'l3proto'),
    zone: new WritableField('number16', source('zone'), text('zone')),
    packets: number('number64', 'pkts', 'packets'),
    bytes: number('number64', 'bytes', 'bytes'),
    avgpkt: number('number64', 'avgpkt', 'avgpkt'),
  }
}

/** Labels of a connection, each one bit of 128. */
export class LabelField extends WritableField<'ct_label'> {
  /** `ct label 5` */
  has(label: number): Flags {
    const mask = this.parse(label).first
    return { statement: 'flags', selector: this, test: 'any', mask, value: 0n }
  }
}

/** What connection tracking knows about the packet's connection. */
export const ct: {
  readonly state: FlagField<'ct_state'>
  readonly status: FlagField<'ct_status'>
  readonly direction: ValueField<'ct_dir'>
  readonly mark: MarkField
  readonly zone: WritableField<'number16'>
  /** Milliseconds that are left. */
  readonly expiration: NumberField<'time'>
  readonly helper: ValueField<'string'>
  readonly id: ValueField<'integer32'>
  readonly label: LabelField
  readonly event: WritableFlags<'ct_event'>
  readonly l3proto: ValueField<'nf_proto'>
  readonly protocol: ValueField<'inet_proto'>
  readonly packets: NumberField<'number64'>
  readonly bytes: NumberField<'number64'>
  readonly avgpkt: NumberField<'number64'>
  readonly original: CtTuple
  readonly reply: CtTuple
} = {
  state: new FlagField('ct_state', { from: 'ct', key: 'state' }, 'ct state'),
  status: new FlagField('ct_status', { from: 'ct', key: 'status' }, 'ct status'),
  direction: new ValueField('ct_dir', { from: 'ct', key: 'direction' }, 'ct direction'),
  mark: new MarkField('mark', { from: 'ct', key: 'mark' }, 'ct mark'),
  zone: new WritableField('number16', { from: 'ct', key: 'zone' }, 'ct zone'),
  expiration: new NumberField('time', { from: 'ct', key: 'expiration' }, 'ct expiration'),
  helper: new ValueField('string', { from: 'ct', key: 'helper' }, 'ct helper'),
  id: new ValueField('integer32', { from: 'ct', key: 'id' }, 'ct id'),
  label: new LabelField('ct_label', { from: 'ct', key: 'labels' }, 'ct label'),
  event: new WritableFlags('ct_event', { from: 'ct', key: 'eventmask' }, 'ct event'),
  l3proto: new ValueField('nf_proto', { from: 'ct', key: 'l3protocol' }, 'ct l3proto'),
  protocol: new ValueField('inet_proto', { from: 'ct', key: 'protocol' }, 'ct protocol'),
  packets: new NumberField('number64', { from: 'ct', key: 'pkts' }, 'ct packets'),
  bytes: new NumberField('number64', { from: 'ct', key: 'bytes' }, 'ct bytes'),
  avgpkt: new NumberField('number64', { from: 'ct', key: 'avgpkt' }, 'ct avgpkt'),
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
  /** The interface that the route leads by. */
  readonly oif: ValueField<'iface_index'>
  readonly oifname: ValueField<'ifname'>
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
    oif: new ValueField('iface_index', source('oif'), `${text} oif`),
    oifname: new ValueField('ifname', source('oifname'), `${text} oifname`),
    exists: new ValueField('boolean', source('oif', ['present']), `${text} oif`, { length: 4 }),
  }
}

import {
  accept,
  type Comment,
  clampMaximumSegment,
  comment,
  concat,
  counter,
  ct,
  dnat,
  drop,
  ether,
  fib,
  goto,
  icmp,
  icmpv6,
  iif,
  iifname,
  ip,
  ip6,
  jump,
  limit,
  log,
  masquerade,
  meta,
  notrack,
  oifname,
  proceed,
  redirect,
  reject,
  returnToCaller,
  type Statement,
  snat,
  tcp,
  th,
  udp,
} from '../../src/index.ts'
import type { Things } from './fixture.ts'

type Case = readonly [text: string, statements: (things: Things) => readonly (Statement | Comment)[], chain?: string]

const isTcp = (): Statement => meta.l4proto.eq('tcp')
const isUdp = (): Statement => meta.l4proto.eq('udp')
const isPorted = (): Statement => meta.l4proto.in(['tcp', 'udp'])
const anyPort = concat(meta.l4proto, th.dport)
const inside = concat(meta.l4proto, ip.saddr, udp.sport)
const opened = concat(meta.l4proto, ct.reply.protoDst)
const origin = concat(ct.original.ip.saddr, ct.original.protoSrc)

const matches: readonly Case[] = [
  ['tcp dport 22 accept', () => [tcp.dport.eq(22), accept()]],
  ['tcp dport != 22 accept', () => [tcp.dport.ne(22), accept()]],
  ['tcp dport { 22, 80, 1000-2000 } accept', () => [tcp.dport.in([22, 80, '1000-2000']), accept()]],
  ['tcp dport { 22, 80 } accept', () => [tcp.dport.in([22, 80]), accept()]],
  ['tcp dport != { 22, 80 }', () => [tcp.dport.notIn([22, 80])]],
  ['tcp dport { 7 }', () => [tcp.dport.in([7])]],
  ['tcp dport != { 7 }', () => [tcp.dport.notIn([7])]],
  ['tcp sport 5 tcp dport { 7 }', () => [tcp.sport.eq(5), tcp.dport.in([7])]],
  ['tcp dport 22-80 accept', () => [tcp.dport.eq('22-80'), accept()]],
  ['tcp dport != 22-80 accept', () => [tcp.dport.ne('22-80'), accept()]],
  ['tcp dport 0-65535', () => [tcp.dport.eq('0-65535')]],
  ['tcp dport { 65000-65535, 0-5 }', () => [tcp.dport.in(['65000-65535', '0-5'])]],
  ['tcp dport { 5-7, 8, 9-20 }', () => [tcp.dport.in(['5-7', 8, '9-20'])]],
  ['tcp dport { 5-7, 6-9 }', () => [tcp.dport.in(['5-7', '6-9'])]],
  ['tcp dport { 65535, 0 }', () => [tcp.dport.in([65535, 0])]],
  ['tcp dport > 1023', () => [tcp.dport.gt(1023)]],
  ['tcp dport >= 1023', () => [tcp.dport.ge(1023)]],
  ['tcp dport < 10', () => [tcp.dport.lt(10)]],
  ['tcp dport <= 10', () => [tcp.dport.le(10)]],
  ['udp sport . udp dport { 1 . 2 } accept', () => [concat(udp.sport, udp.dport).in([[1, 2]]), accept()]],
  ['th dport 53', () => [th.dport.eq(53)]],
  ['meta l4proto { tcp, udp } th dport 53', () => [isPorted(), th.dport.eq(53)]],
  ['ip saddr 10.0.0.0/8 accept', () => [ip.saddr.eq('10.0.0.0/8'), accept()]],
  ['ip saddr 10.0.0.0/15 accept', () => [ip.saddr.eq('10.0.0.0/15'), accept()]],
  ['ip saddr 0.0.0.0/0', () => [ip.saddr.eq('0.0.0.0/0')]],
  ['ip saddr { 0.0.0.0/0 }', () => [ip.saddr.in(['0.0.0.0/0'])]],
  [
    'ip saddr { 10.0.0.0/8, 0.0.0.0/8, 255.255.255.0/24 }',
    () => [ip.saddr.in(['10.0.0.0/8', '0.0.0.0/8', '255.255.255.0/24'])],
  ],
  ['ip saddr != 1.2.3.0/24', () => [ip.saddr.ne('1.2.3.0/24')]],
  ['ip saddr != 1.2.3.0/25', () => [ip.saddr.ne('1.2.3.0/25')]],
  ['ip saddr 10.0.0.1-10.0.0.77 accept', () => [ip.saddr.eq('10.0.0.1-10.0.0.77'), accept()]],
  [
    'ip saddr != 10.0.0.1 ip daddr 1.2.3.4 tcp dport 5',
    () => [ip.saddr.ne('10.0.0.1'), ip.daddr.eq('1.2.3.4'), tcp.dport.eq(5)],
  ],
  ['ip protocol udp', () => [ip.protocol.eq('udp')]],
  ['ip protocol { udp, tcp }', () => [ip.protocol.in(['udp', 'tcp'])]],
  ['ip protocol tcp tcp dport 5', () => [ip.protocol.eq('tcp'), tcp.dport.eq(5)]],
  ['ip6 nexthdr udp udp dport 5', () => [ip6.nexthdr.eq('udp'), udp.dport.eq(5)]],
  ['ip6 saddr fe80::/10', () => [ip6.saddr.eq('fe80::/10')]],
  ['ip6 saddr fe80::/16 ip6 daddr fe80::/64', () => [ip6.saddr.eq('fe80::/16'), ip6.daddr.eq('fe80::/64')]],
  ['ip6 saddr { fe80::/16, ::-::ff, ffff::/16 }', () => [ip6.saddr.in(['fe80::/16', '::-::ff', 'ffff::/16'])]],
  [
    'ip6 daddr ff02::1 udp dport 546 udp sport 547',
    () => [ip6.daddr.eq('ff02::1'), udp.dport.eq(546), udp.sport.eq(547)],
  ],
  [
    'ip saddr 1.2.3.4 tcp sport 5 ip daddr 1.2.3.5 tcp dport 6',
    () => [ip.saddr.eq('1.2.3.4'), tcp.sport.eq(5), ip.daddr.eq('1.2.3.5'), tcp.dport.eq(6)],
  ],
  ['tcp dport 6 counter ip saddr 1.2.3.4', () => [tcp.dport.eq(6), counter(), ip.saddr.eq('1.2.3.4')]],
  ['tcp sport 5 iifname "lan" tcp dport 6', () => [tcp.sport.eq(5), iifname.eq('lan'), tcp.dport.eq(6)]],
  ['tcp sport != 5 tcp dport != 6', () => [tcp.sport.ne(5), tcp.dport.ne(6)]],
  ['tcp sport 5 tcp dport != 6', () => [tcp.sport.eq(5), tcp.dport.ne(6)]],
  ['th sport 5 tcp dport 6', () => [th.sport.eq(5), tcp.dport.eq(6)]],
  [
    'ether saddr 00:11:22:33:44:55 ether daddr 00:11:22:33:44:56',
    () => [ether.saddr.eq('00:11:22:33:44:55'), ether.daddr.eq('00:11:22:33:44:56')],
  ],
  [
    'ether daddr 00:11:22:33:44:55 tcp sport 1 tcp dport 2 ether saddr 00:11:22:33:44:56',
    () => [ether.daddr.eq('00:11:22:33:44:55'), tcp.sport.eq(1), tcp.dport.eq(2), ether.saddr.eq('00:11:22:33:44:56')],
  ],
  [
    'ether saddr { 00:11:22:33:44:55, 00:11:22:33:44:56 }',
    () => [ether.saddr.in(['00:11:22:33:44:55', '00:11:22:33:44:56'])],
  ],
  ['iifname "lan"', () => [iifname.eq('lan')]],
  ['iifname != "lan"', () => [iifname.ne('lan')]],
  ['iifname "eth*"', () => [iifname.eq('eth*')]],
  ['oifname != "eth*"', () => [oifname.ne('eth*')]],
  ['iifname { "eth0", "wan" }', () => [iifname.in(['eth0', 'wan'])]],
  ['iifname { "a*", "b" }', () => [iifname.in(['a*', 'b'])]],
  ['iif lo accept', () => [iif.eq('lo'), accept()]],
  ['iif 7', () => [iif.eq(7)]],
  ['iif . ip saddr { lo . 1.2.3.4 }', () => [concat(iif, ip.saddr).in([['lo', '1.2.3.4']])]],
  [
    'iifname . ip saddr . tcp dport { "lan" . 1.2.3.4 . 80 }',
    () => [concat(iifname, ip.saddr, tcp.dport).in([['lan', '1.2.3.4', 80]])],
  ],
  [
    'iifname . tcp dport { "eth*" . 80, "lan" . 1-5 }',
    () => [
      concat(iifname, tcp.dport).in([
        ['eth*', 80],
        ['lan', '1-5'],
      ]),
    ],
  ],
  [
    'ip saddr . ip daddr { 1.1.1.0/24 . 1.2.3.4-1.2.3.9 }',
    () => [concat(ip.saddr, ip.daddr).in([['1.1.1.0/24', '1.2.3.4-1.2.3.9']])],
  ],
  ['meta mark 0x00000012', () => [meta.mark.eq(0x12)]],
  ['meta mark != 0x00000012', () => [meta.mark.ne(0x12)]],
  ['meta mark & 0x0000ff00 == 0x00001200', () => [meta.mark.masked(0xff00).eq(0x1200)]],
  ['ct mark & 0x000000ff != 0x00000005', () => [ct.mark.masked(0xff).ne(5)]],
  ['meta mark 0x00000005-0x00000007', () => [meta.mark.eq('5-7')]],
  ['meta mark != 0x00000005-0x00000007', () => [meta.mark.ne('5-7')]],
  ['meta mark { 0x00000001, 0x00000005-0x00000007 }', () => [meta.mark.in([1, '5-7'])]],
  ['meta mark { 0x00000001, 0x00000005 }', () => [meta.mark.in([1, 5])]],
  ['meta mark > 0x00000005', () => [meta.mark.gt(5)]],
  ['ct mark 0x00000005', () => [ct.mark.eq(5)]],
  ['ct state established,related accept', () => [ct.state.any('established', 'related'), accept()]],
  ['ct state new', () => [ct.state.any('new')]],
  ['ct state ! new', () => [ct.state.none('new')]],
  ['ct status dnat', () => [ct.status.any('dnat')]],
  ['ct status ! dnat', () => [ct.status.none('dnat')]],
  ['ct status & (snat | dnat) == 0', () => [ct.status.none('snat', 'dnat')]],
  ['ct status & (snat | dnat) == (snat | dnat)', () => [ct.status.all('snat', 'dnat')]],
  [
    'ct status & (confirmed | snat | dnat) == (confirmed | snat)',
    () => [ct.status.of('confirmed', 'snat', 'dnat').are('confirmed', 'snat')],
  ],
  ['ct status & dnat == dnat', () => [ct.status.all('dnat')]],
  ['ct state . ct mark { new . 0x00000005 }', () => [concat(ct.state, ct.mark).in([['new', 5]])]],
  ['ct state . ct mark { new . 0x00000005-0x00000009 }', () => [concat(ct.state, ct.mark).in([['new', '5-9']])]],
  ['ct direction original', () => [ct.direction.eq('original')]],
  ['ct direction . ct mark { reply . 0x00000001 }', () => [concat(ct.direction, ct.mark).in([['reply', 1]])]],
  ['ct original ip daddr 1.2.3.4', () => [ct.original.ip.daddr.eq('1.2.3.4')]],
  ['ct reply ip saddr 1.2.3.0/24', () => [ct.reply.ip.saddr.eq('1.2.3.0/24')]],
  ['ct reply ip saddr 1.2.3.0/25', () => [ct.reply.ip.saddr.eq('1.2.3.0/25')]],
  ['ct original ip6 saddr ::1', () => [ct.original.ip6.saddr.eq('::1')]],
  ['ct original ip saddr { 1.2.3.4, 1.2.3.5 }', () => [ct.original.ip.saddr.in(['1.2.3.4', '1.2.3.5'])]],
  ['meta l4proto tcp ct original proto-dst 53', () => [isTcp(), ct.original.protoDst.eq(53)]],
  ['meta l4proto tcp ct original proto-dst { 53, 54 }', () => [isTcp(), ct.original.protoDst.in([53, 54])]],
  ['udp dport 53 ct original proto-dst 5', () => [udp.dport.eq(53), ct.original.protoDst.eq(5)]],
  ['icmp type echo-request accept', () => [icmp.type.eq('echo-request'), accept()]],
  ['icmp type != echo-request', () => [icmp.type.ne('echo-request')]],
  ['icmp type { echo-request, echo-reply }', () => [icmp.type.in(['echo-request', 'echo-reply'])]],
  ['ip saddr 1.2.3.4 icmp type echo-request', () => [ip.saddr.eq('1.2.3.4'), icmp.type.eq('echo-request')]],
  ['ip protocol icmp icmp type echo-request', () => [ip.protocol.eq('icmp'), icmp.type.eq('echo-request')]],
  ['meta l4proto icmp icmp type echo-request', () => [meta.l4proto.eq('icmp'), icmp.type.eq('echo-request')]],
  [
    'icmpv6 type { nd-neighbor-solicit, nd-router-advert }',
    () => [icmpv6.type.in(['nd-neighbor-solicit', 'nd-router-advert'])],
  ],
  ['meta l4proto sctp', () => [meta.l4proto.eq(132)]],
  ['meta l4proto 7', () => [meta.l4proto.eq(7)]],
  ['meta l4proto != tcp udp dport 5', () => [meta.l4proto.ne('tcp'), udp.dport.eq(5)]],
  ['meta l4proto 6-17', () => [meta.l4proto.eq('6-17')]],
  ['meta l4proto { 6-17, esp }', () => [meta.l4proto.in(['6-17', 'esp'])]],
  ['meta nfproto ipv6', () => [meta.nfproto.eq('ipv6')]],
  ['meta nfproto ipv4 ip saddr 1.2.3.4', () => [meta.nfproto.eq('ipv4'), ip.saddr.eq('1.2.3.4')]],
  ['ip saddr 1.2.3.4 meta nfproto ipv4', () => [ip.saddr.eq('1.2.3.4'), meta.nfproto.eq('ipv4')]],
  ['meta nfproto . meta l4proto { ipv4 . udp }', () => [concat(meta.nfproto, meta.l4proto).in([['ipv4', 'udp']])]],
  ['meta pkttype broadcast', () => [meta.pkttype.eq('broadcast')]],
  ['meta skuid 0', () => [meta.skuid.eq(0)]],
  ['meta l4proto . th dport { tcp . 5 }', () => [anyPort.in([['tcp', 5]])]],
  [
    'meta l4proto . th dport != { tcp . 5, udp . 6 }',
    () => [
      anyPort.notIn([
        ['tcp', 5],
        ['udp', 6],
      ]),
    ],
  ],
  [
    'meta l4proto . ip saddr { tcp . 1.2.3.0/24, udp . 4.5.6.7 }',
    () => [
      concat(meta.l4proto, ip.saddr).in([
        ['tcp', '1.2.3.0/24'],
        ['udp', '4.5.6.7'],
      ]),
    ],
  ],
  ['fib daddr type local', () => [fib('daddr').type.eq('local')]],
  ['fib daddr type { local, broadcast }', () => [fib('daddr').type.in(['local', 'broadcast'])]],
  ['fib daddr . iif type local', () => [fib(['daddr', 'iif']).type.eq('local')], 'raw'],
  ['fib saddr . iif oif missing drop', () => [fib(['saddr', 'iif']).exists.eq(false), drop()]],
  ['fib saddr . iif oif exists', () => [fib(['saddr', 'iif']).exists.eq(true)]],
  [
    'fib daddr type . meta l4proto { local . tcp }',
    () => [concat(fib('daddr').type, meta.l4proto).in([['local', 'tcp']])],
  ],
  ['tcp flags syn', () => [tcp.flags.any('syn')]],
  ['tcp flags syn,ack', () => [tcp.flags.any('syn', 'ack')]],
  ['tcp flags & (syn | rst) == syn', () => [tcp.flags.of('syn', 'rst').are('syn')]],
  ['tcp flags & (fin | syn) == 0', () => [tcp.flags.none('syn', 'fin')]],
]

const lookups: readonly Case[] = [
  ['ip saddr @hosts accept', ({ hosts }) => [ip.saddr.in(hosts), accept()]],
  ['ip saddr != @nets ip daddr @nets', ({ nets }) => [ip.saddr.notIn(nets), ip.daddr.in(nets)]],
  ['iifname @interfaces', ({ interfaces }) => [iifname.in(interfaces)]],
  ['meta l4proto @protocols', ({ protocols }) => [meta.l4proto.in(protocols)]],
  ['meta l4proto . th dport @services accept', ({ services }) => [anyPort.in(services), accept()]],
  ['meta l4proto . th dport != @ranges', ({ ranges }) => [anyPort.notIn(ranges)]],
  ['ip protocol . th dport @ranges', ({ ranges }) => [concat(ip.protocol, th.dport).in(ranges)]],
  ['meta l4proto . ip saddr . udp sport @endpoints', ({ endpoints }) => [inside.in(endpoints)]],
  ['meta mark @marks', ({ marks }) => [meta.mark.in(marks)]],
  ['ct mark . ip saddr @marked_nets', ({ markedNets }) => [concat(ct.mark, ip.saddr).in(markedNets)]],
  ['meta l4proto . th dport @ext', ({ ext }) => [anyPort.in(ext)]],
  ['ip saddr vmap @budgets', ({ budgets }) => [ip.saddr.vmap(budgets)]],
  [
    'iifname vmap { "a" : accept, "b" : jump other }',
    ({ other }) => [
      iifname.vmap([
        ['a', accept()],
        ['b', jump(other)],
      ]),
    ],
  ],
  [
    'tcp dport vmap { 5-7 : accept, 8 : drop }',
    () => [
      tcp.dport.vmap([
        ['5-7', accept()],
        [8, drop()],
      ]),
    ],
  ],
  ['tcp dport vmap { 5 : accept }', () => [tcp.dport.vmap([[5, accept()]])]],
  [
    'ct state vmap { established : accept, invalid : drop }',
    () => [
      ct.state.vmap([
        ['established', accept()],
        ['invalid', drop()],
      ]),
    ],
  ],
  [
    'meta l4proto vmap { tcp : accept, udp : goto other }',
    ({ other }) => [
      meta.l4proto.vmap([
        ['tcp', accept()],
        ['udp', goto(other)],
      ]),
    ],
  ],
  [
    'ip saddr . tcp dport vmap { 1.2.3.4 . 5 : continue }',
    () => [concat(ip.saddr, tcp.dport).vmap([[['1.2.3.4', 5], proceed()]])],
  ],
  [
    'meta l4proto . th dport vmap { tcp . 5 : drop, udp . 1-7 : return }',
    () => [
      anyPort.vmap([
        [['tcp', 5], drop()],
        [['udp', '1-7'], returnToCaller()],
      ]),
    ],
  ],
]

const actions: readonly Case[] = [
  ['counter', () => [counter()]],
  ['counter name "refused" drop', ({ refused }) => [counter(refused), drop()]],
  ['counter comment "hello world"', () => [comment('hello world'), counter()]],
  ['jump other', ({ other }) => [jump(other)]],
  ['goto other', () => [goto('other')]],
  ['return', () => [returnToCaller()]],
  ['continue', () => [proceed()]],
  ['log', () => [log()]],
  ['log prefix "hello "', () => [log({ prefix: 'hello ' })]],
  ['log level debug', () => [log({ level: 'debug' })]],
  ['log prefix "sallyport open " group 64', () => [log({ prefix: 'sallyport open ', group: 64 })]],
  ['log group 5 snaplen 64 queue-threshold 10', () => [log({ group: 5, snaplen: 64, queueThreshold: 10 })]],
  ['limit rate 5/second burst 5 packets', () => [limit({ packets: 5, per: 'second' })]],
  [
    'limit rate over 5/minute burst 10 packets drop',
    () => [limit({ packets: 5, per: 'minute', burst: 10, over: true }), drop()],
  ],
  ['limit rate 10240 bytes/second', () => [limit({ bytes: 10240, per: 'second' })]],
  ['limit rate 10240 bytes/hour burst 500 bytes', () => [limit({ bytes: 10240, per: 'hour', burst: 500 })]],
  ['reject', () => [reject()]],
  ['reject with icmpx admin-prohibited', () => [reject({ icmpx: 'admin-prohibited' })]],
  ['reject with icmp host-unreachable', () => [reject({ icmp: 'host-unreachable' })]],
  ['reject with icmpv6 no-route', () => [reject({ icmpv6: 'no-route' })]],
  ['reject with tcp reset', () => [reject({ tcp: 'reset' })]],
  ['ip protocol tcp reject with tcp reset', () => [ip.protocol.eq('tcp'), reject({ tcp: 'reset' })]],
  ['notrack', () => [notrack()], 'raw'],
  ['meta mark set 0x00000005', () => [meta.mark.set(5)]],
  ['meta mark set ct mark', () => [meta.mark.set(ct.mark)]],
  ['ct mark set meta mark', () => [ct.mark.set(meta.mark)]],
  ['meta mark set ip saddr map @classes', ({ classes }) => [meta.mark.set(ip.saddr.map(classes))]],
  [
    'meta mark set ip saddr map { 1.1.1.1 : 0x00000005, 2.2.2.2 : 0x00000006 }',
    () => [
      meta.mark.set(
        ip.saddr.mapTo('mark', [
          ['1.1.1.1', 5],
          ['2.2.2.2', 6],
        ]),
      ),
    ],
  ],
  ['tcp flags syn tcp option maxseg size set rt mtu', () => [tcp.flags.any('syn'), clampMaximumSegment('route')]],
  ['tcp flags syn tcp option maxseg size set 1400', () => [tcp.flags.any('syn'), clampMaximumSegment(1400)]],
]

const dynamics: readonly Case[] = [
  ['add @hosts { ip saddr }', ({ hosts }) => [hosts.add(ip.saddr)]],
  ['add @hosts { ip saddr timeout 5s }', ({ hosts }) => [hosts.add(ip.saddr, { timeout: 5000 })]],
  [
    'update @hosts { ip saddr limit rate over 1/second burst 5 packets } drop',
    ({ hosts }) => [hosts.update(ip.saddr, { limit: { packets: 1, per: 'second', over: true } }), drop()],
  ],
  ['update @hosts { ip saddr counter }', ({ hosts }) => [hosts.update(ip.saddr, { counter: true })]],
  ['delete @hosts { ip saddr }', ({ hosts }) => [hosts.delete(ip.saddr)]],
  [
    'meta l4proto udp add @recent { meta l4proto . ct reply proto-dst limit rate 1/week burst 1 packets } goto other',
    ({ recent }) => [isUdp(), recent.add(opened, { limit: { packets: 1, per: 'week', burst: 1 } }), goto('other')],
  ],
  [
    'meta l4proto udp update @recent { meta l4proto . ct reply proto-dst } update @endpoints { meta l4proto . ct original ip saddr . ct original proto-src }',
    ({ recent, endpoints }) => [
      isUdp(),
      recent.update(opened),
      endpoints.update(concat(meta.l4proto, ct.original.ip.saddr, ct.original.protoSrc)),
    ],
  ],
  [
    'meta l4proto { tcp, udp } update @ext { meta l4proto . ct reply proto-dst : ct original ip saddr . ct original proto-src }',
    ({ ext }) => [isPorted(), ext.update(opened, origin)],
  ],
  [
    'meta l4proto udp add @ext { meta l4proto . ct reply proto-dst timeout 4s : ct original ip saddr . ct original proto-src }',
    ({ ext }) => [isUdp(), ext.add(opened, origin, { timeout: '4s' })],
  ],
  [
    'delete @ext { meta l4proto . udp sport : ip saddr . udp sport }',
    ({ ext }) => [ext.delete(concat(meta.l4proto, udp.sport), concat(ip.saddr, udp.sport))],
  ],
  [
    'update @ext { meta l4proto . th sport : 1.2.3.4 . 80 }',
    ({ ext }) => [ext.update(concat(meta.l4proto, th.sport), ['1.2.3.4', 80])],
  ],
  ['update @pin { meta l4proto . ip saddr . udp sport : udp sport }', ({ pin }) => [pin.update(inside, udp.sport)]],
]

const destination: readonly Case[] = [
  ['ip daddr 1.2.3.4 dnat ip to 5.6.7.8', () => [ip.daddr.eq('1.2.3.4'), dnat({ to: '5.6.7.8' })]],
  ['dnat ip6 to fe80::1', () => [dnat({ family: 'ip6', to: 'fe80::1' })]],
  ['meta l4proto tcp dnat ip6 to [fe80::1]:80', () => [isTcp(), dnat({ family: 'ip6', to: 'fe80::1', port: 80 })]],
  [
    'dnat ip6 to ip6 saddr map @addresses6',
    ({ addresses6 }) => [dnat({ family: 'ip6', to: ip6.saddr.map(addresses6) })],
  ],
  ['tcp dport 80 dnat ip to 5.6.7.8:80', () => [tcp.dport.eq(80), dnat({ to: '5.6.7.8', port: 80 })]],
  ['meta l4proto tcp dnat ip to 5.6.7.8:80-90', () => [isTcp(), dnat({ to: '5.6.7.8', port: '80-90' })]],
  [
    'meta l4proto tcp dnat ip to 5.6.7.8-5.6.7.10:80-90 random',
    () => [isTcp(), dnat({ to: '5.6.7.8-5.6.7.10', port: '80-90', options: ['random'] })],
  ],
  [
    'dnat ip to 5.6.7.8-5.6.7.10 random,persistent',
    () => [dnat({ to: '5.6.7.8-5.6.7.10', options: ['persistent', 'random'] })],
  ],
  ['dnat ip to ip saddr map @addresses', ({ addresses }) => [dnat({ to: ip.saddr.map(addresses) })]],
  ['dnat ip to meta l4proto . th dport map @forwards', ({ forwards }) => [dnat({ to: anyPort.map(forwards) })]],
  [
    'dnat ip to meta l4proto . th dport map @forward_ranges',
    ({ forwardRanges }) => [dnat({ to: anyPort.map(forwardRanges) })],
  ],
  [
    'meta l4proto tcp dnat ip to tcp dport map @targets',
    ({ targets }) => [isTcp(), dnat({ to: tcp.dport.map(targets) })],
  ],
  [
    'tcp dport 80 dnat ip to tcp dport map { 80 : 1.2.3.4 . 8080, 81 : 1.2.3.5 . 8081 }',
    () => [
      tcp.dport.eq(80),
      dnat({
        to: tcp.dport.mapTo(
          ['ipv4_addr', 'inet_service'],
          [
            [80, ['1.2.3.4', 8080]],
            [81, ['1.2.3.5', 8081]],
          ],
        ),
      }),
    ],
  ],
  [
    'ip protocol tcp dnat ip to 1.2.3.4:tcp dport map @ports',
    ({ ports }) => [ip.protocol.eq('tcp'), dnat({ to: '1.2.3.4', port: tcp.dport.map(ports) })],
  ],
  ['redirect', () => [redirect()]],
  ['meta l4proto tcp redirect to :8080-8090', () => [isTcp(), redirect({ port: '8080-8090' })]],
  [
    'meta l4proto tcp redirect to :tcp dport map @ports',
    ({ ports }) => [isTcp(), redirect({ port: tcp.dport.map(ports) })],
  ],
]

const source: readonly Case[] = [
  ['masquerade', () => [masquerade()]],
  ['masquerade fully-random,persistent', () => [masquerade({ options: ['fully-random', 'persistent'] })]],
  ['meta l4proto tcp masquerade to :1000', () => [isTcp(), masquerade({ port: 1000 })]],
  [
    'meta l4proto udp masquerade to :32768-44999 random',
    () => [isUdp(), masquerade({ port: '32768-44999', options: ['random'] })],
  ],
  ['meta l4proto udp masquerade to :udp sport', () => [isUdp(), masquerade({ port: udp.sport })]],
  [
    'meta l4proto udp meta nfproto ipv4 masquerade to :meta l4proto . ip saddr . udp sport map @pin',
    ({ pin }) => [isUdp(), meta.nfproto.eq('ipv4'), masquerade({ port: inside.map(pin) })],
  ],
  ['snat ip to 1.2.3.4 persistent', () => [snat({ to: '1.2.3.4', options: ['persistent'] })]],
  ['snat ip to ct original ip daddr', () => [snat({ to: ct.original.ip.daddr })]],
  [
    'meta l4proto { tcp, udp } snat ip to ct original ip daddr:4000',
    () => [isPorted(), snat({ to: ct.original.ip.daddr, port: 4000 })],
  ],
  [
    'meta l4proto udp snat ip to ct original ip daddr:udp sport',
    () => [isUdp(), snat({ to: ct.original.ip.daddr, port: udp.sport })],
  ],
  [
    'meta l4proto udp meta nfproto ipv4 snat ip to ct original ip daddr:meta l4proto . ip saddr . udp sport map @pin',
    ({ pin }) => [isUdp(), meta.nfproto.eq('ipv4'), snat({ to: ct.original.ip.daddr, port: inside.map(pin) })],
  ],
  ['meta l4proto udp snat ip to 1.2.3.4:5-6', () => [isUdp(), snat({ to: '1.2.3.4', port: '5-6' })]],
]

const inChain = (chain: string, cases: readonly Case[]): Case[] => cases.map(([text, rule]) => [text, rule, chain])

/** The same for tables of one family, where less has to be matched before a header is read. */
export const familyRules: Readonly<Record<'ip' | 'ip6' | 'bridge' | 'netdev', readonly Case[]>> = {
  ip: [
    ['ip saddr 1.2.3.4 tcp dport 5', () => [ip.saddr.eq('1.2.3.4'), tcp.dport.eq(5)]],
    ['icmp type echo-request', () => [icmp.type.eq('echo-request')]],
    ['ip saddr . tcp dport { 1.2.3.4 . 5 }', () => [concat(ip.saddr, tcp.dport).in([['1.2.3.4', 5]])]],
    ['reject', () => [reject()]],
    ['reject with tcp reset', () => [reject({ tcp: 'reset' })]],
    ['ether saddr 00:11:22:33:44:55', () => [ether.saddr.eq('00:11:22:33:44:55')]],
  ],
  ip6: [
    ['ip6 saddr ::1 tcp dport 5', () => [ip6.saddr.eq('::1'), tcp.dport.eq(5)]],
    ['icmpv6 type echo-request', () => [icmpv6.type.eq('echo-request')]],
    ['reject', () => [reject()]],
    ['reject with icmpv6 no-route', () => [reject({ icmpv6: 'no-route' })]],
  ],
  bridge: [
    ['ip saddr 1.2.3.4 tcp dport 5', () => [ip.saddr.eq('1.2.3.4'), tcp.dport.eq(5)]],
    ['ip6 saddr ::1', () => [ip6.saddr.eq('::1')]],
    ['ether saddr 00:11:22:33:44:55', () => [ether.saddr.eq('00:11:22:33:44:55')]],
    ['tcp dport { 5, 6 }', () => [tcp.dport.in([5, 6])]],
  ],
  netdev: [
    ['ip saddr 1.2.3.4 udp dport 5', () => [ip.saddr.eq('1.2.3.4'), udp.dport.eq(5)]],
    ['ip6 saddr ::1', () => [ip6.saddr.eq('::1')]],
    ['ether saddr 00:11:22:33:44:55', () => [ether.saddr.eq('00:11:22:33:44:55')]],
  ],
}

/** Text of nft, what says the same here, and the chain of the fixture that it belongs in. */
export const rules: readonly Case[] = [
  ...matches,
  ...lookups,
  ...actions,
  ...dynamics,
  ...inChain('pre', destination),
  ...inChain('post', source),
]

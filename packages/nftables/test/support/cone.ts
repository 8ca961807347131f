import {
  accept,
  type Chain,
  comment,
  concat,
  counter,
  ct,
  dnat,
  drop,
  fib,
  goto,
  icmpv6,
  iif,
  iifname,
  ip,
  jump,
  limit,
  log,
  masquerade,
  meta,
  oifname,
  Ruleset,
  returnToCaller,
  type Statement,
  snat,
  type Table,
  th,
  udp,
} from '../../src/index.ts'

const proto = ['inet_proto', 'inet_service'] as const
const inside = ['ipv4_addr', 'inet_service'] as const
const endpoint = ['inet_proto', 'ipv4_addr', 'inet_service'] as const
const mapping = ['inet_proto', 'inet_service', 'ipv4_addr', 'inet_service'] as const
const learned = { size: 65536, flags: ['dynamic', 'timeout'], timeout: '5m' } as const
const once = { packets: 1, per: 'week', burst: 1 } as const

/** A router with endpoint-independent mapping: every kind of set and nearly every statement in one table. */
export function coneRouter(): Ruleset {
  const ruleset = new Ruleset()
  const table = ruleset.table('inet', 'sallyport', { comment: 'a test' })
  const lan = table.set('lan_interfaces', { type: 'ifname', elements: ['lan'] })
  const inbound = table.chain('inbound')
  fillInbound(table, inbound)
  table
    .chain('arrive', { type: 'nat', hook: 'prerouting', priority: 'dstnat' })
    .rule(iifname.eq('wan'), fib(['daddr', 'iif']).type.eq('local'), jump(inbound))
    .rule(iifname.in(lan), fib('daddr').type.eq('local'), jump(inbound), comment('hairpin'))
  fillFilter(table, lan)
  fillNat(table)
  return ruleset
}

function fillInbound(table: Table, inbound: Chain): void {
  const forwards = table.map('forwards', {
    type: proto,
    value: inside,
    elements: [
      [
        ['tcp', 6881],
        ['192.168.1.100', 6881],
      ],
      [
        ['tcp', 1000],
        ['192.168.1.100', 2345],
      ],
    ],
  })
  const ranges = table.map('forward_ranges', {
    type: proto,
    value: 'ipv4_addr',
    flags: ['interval'],
    elements: [[['udp', '30000-30100'], '192.168.1.101']],
  })
  const key = concat(meta.l4proto, th.dport)
  inbound.rule(dnat({ to: key.map(forwards) })).rule(dnat({ to: key.map(ranges) }))
}

function fillFilter(table: Table, lan: ReturnType<typeof table.set<'ifname'>>): void {
  const services = table.set('lan_services', {
    type: proto,
    elements: [
      ['udp', 53],
      ['tcp', 22],
    ],
  })
  const addresses = table.set('lan_addresses', {
    type: 'ipv4_addr',
    flags: ['interval'],
    elements: ['127.0.0.0/8', { key: '192.168.1.1', comment: 'the router' }, '255.255.255.255'],
  })
  const needed = table.set('icmpv6_needed', {
    type: 'icmpv6_type',
    elements: ['nd-neighbor-solicit', 'mld2-listener-report'],
  })
  table
    .chain('filter_input', { hook: 'input', policy: 'drop' })
    .rule(ct.state.any('established', 'related'), accept())
    .rule(ct.state.any('invalid'), drop())
    .rule(iif.eq('lo'), accept())
    .rule(icmpv6.type.in(needed), accept())
    .rule(iifname.in(lan), ip.daddr.in(addresses), concat(meta.l4proto, th.dport).in(services), accept())
  table
    .chain('filter_forward', { hook: 'forward', policy: 'drop', comment: 'between networks' })
    .rule(iifname.in(lan), fib(['saddr', 'iif']).exists.eq(false), drop())
    .rule(oifname.in(lan), ct.status.any('dnat'), accept())
}

function fillNat(table: Table): void {
  const isUdp = (): Statement => meta.l4proto.eq('udp')
  const ext = table.map('ext', { type: proto, value: inside, ...learned })
  const pin = table.map('pin', { type: endpoint, value: 'inet_service', ...learned })
  const known = table.set('known', { type: mapping, ...learned })
  const claim = table.set('claim', { type: proto, ...learned })
  const quiet = table.set('quiet', { type: 'ipv4_addr', size: 4096, flags: ['dynamic', 'timeout'], timeout: '1m' })
  const unavailable = table.set('unavailable', {
    type: proto,
    flags: ['interval'],
    counter: true,
    elements: [
      ['udp', '0-1024'],
      ['udp', 5353],
      ['udp', '61000-65535'],
    ],
  })
  const refused = table.counter('refused', { comment: 'too late' })
  const here = concat(meta.l4proto, ip.saddr, udp.sport)
  const kept = concat(meta.l4proto, udp.sport)
  const opened = concat(meta.l4proto, ct.reply.protoDst)
  const origin = concat(ct.original.ip.saddr, ct.original.protoSrc)
  const whole = concat(meta.l4proto, ct.reply.protoDst, ct.original.ip.saddr, ct.original.protoSrc)
  const first = table.chain('outward_first')
  const budget = table.chain('budget').rule(isUdp(), claim.update(concat(meta.l4proto, ct.original.protoSrc)))
  const budgets = table.map('budgets', {
    type: 'ipv4_addr',
    value: 'verdict',
    elements: [['192.168.1.101', jump(budget)]],
  })
  first
    .rule(ip.saddr.vmap(budgets))
    .rule(
      ip.saddr.in(['192.168.1.101', '192.168.1.102']),
      quiet.add(ip.saddr, { limit: once }),
      log({ prefix: 'limit ', group: 64 }),
    )
    .rule(isUdp(), meta.nfproto.eq('ipv4'), masquerade({ port: here.map(pin) }))
    .rule(kept.notIn(unavailable), claim.add(kept, { limit: once }), masquerade({ port: udp.sport }))
    .rule(ext.delete(kept, concat(ip.saddr, udp.sport)))
    .rule(isUdp(), snat({ to: ct.original.ip.daddr, port: '32768-44999', options: ['random'] }))
  const refresh = table.chain('refresh').rule(isUdp(), ext.update(opened, origin)).rule(isUdp(), known.update(whole))
  table
    .chain('learn', { hook: 'postrouting', priority: 101 })
    .rule(
      isUdp(),
      ct.status.of('confirmed', 'snat', 'dnat').are('confirmed', 'snat'),
      opened.in(claim),
      returnToCaller(),
    )
    .rule(isUdp(), whole.in(known), goto(refresh))
    .rule(limit({ packets: 1000, per: 'second', burst: 1000 }), log({ prefix: 'refused ', group: 64 }))
    .rule(counter(refused), drop())
  table.chain('leave', { type: 'nat', hook: 'postrouting', priority: 'srcnat' }).rule(oifname.eq('wan'), jump(first))
}

import {
  type Chain,
  type CounterObject,
  jump,
  type MapDefinition,
  Ruleset,
  type SetDefinition,
  type Table,
} from '../../src/index.ts'

type Port = 'inet_service'
type Proto = readonly ['inet_proto', 'inet_service']

/** What the rules of the tests refer to. */
export interface Things {
  readonly hosts: SetDefinition<'ipv4_addr'>
  readonly nets: SetDefinition<'ipv4_addr'>
  readonly interfaces: SetDefinition<'ifname'>
  readonly services: SetDefinition<Proto>
  readonly ranges: SetDefinition<Proto>
  readonly recent: SetDefinition<Proto>
  readonly endpoints: SetDefinition<readonly ['inet_proto', 'ipv4_addr', 'inet_service']>
  readonly marks: SetDefinition<'mark'>
  readonly markedNets: SetDefinition<readonly ['mark', 'ipv4_addr']>
  readonly protocols: SetDefinition<'inet_proto'>
  readonly forwards: MapDefinition<Proto, readonly ['ipv4_addr', Port]>
  readonly forwardRanges: MapDefinition<Proto, 'ipv4_addr'>
  readonly ext: MapDefinition<Proto, readonly ['ipv4_addr', Port]>
  readonly pin: MapDefinition<readonly ['inet_proto', 'ipv4_addr', 'inet_service'], Port>
  readonly addresses: MapDefinition<'ipv4_addr', 'ipv4_addr'>
  readonly addresses6: MapDefinition<'ipv6_addr', 'ipv6_addr'>
  readonly ports: MapDefinition<Port, Port>
  readonly targets: MapDefinition<Port, readonly ['ipv4_addr', Port]>
  readonly classes: MapDefinition<'ipv4_addr', 'mark'>
  readonly budgets: MapDefinition<'ipv4_addr', 'verdict'>
  readonly other: Chain
  readonly refused: CounterObject
}

const dynamic = { size: 64, flags: ['dynamic', 'timeout'], timeout: '5m' } as const
const proto = ['inet_proto', 'inet_service'] as const
const endpoint = ['inet_proto', 'ipv4_addr', 'inet_service'] as const
const target = ['ipv4_addr', 'inet_service'] as const

/** A table of every kind of set, with chains `filter`, `pre`, `post`, `raw` and `other`. */
export function fixture(): { ruleset: Ruleset; table: Table; things: Things } {
  const ruleset = new Ruleset()
  const table = ruleset.table('inet', 't')
  return { ruleset, table, things: furnish(table) }
}

/** The same in any table. */
export function furnish(table: Table): Things {
  const other = table.chain('other')
  table.chain('filter', { hook: 'forward', policy: 'drop' })
  table.chain('pre', { type: 'nat', hook: 'prerouting', priority: 'dstnat' })
  table.chain('post', { type: 'nat', hook: 'postrouting', priority: 'srcnat' })
  table.chain('raw', { hook: 'prerouting', priority: 'raw' })
  const refused = table.counter('refused')
  return { ...sets(table), ...maps(table), other, refused }
}

type Sets = Pick<
  Things,
  | 'hosts'
  | 'nets'
  | 'interfaces'
  | 'services'
  | 'ranges'
  | 'recent'
  | 'endpoints'
  | 'marks'
  | 'markedNets'
  | 'protocols'
>

function sets(table: Table): Sets {
  return {
    hosts: table.set('hosts', { type: 'ipv4_addr', ...dynamic }),
    nets: table.set('nets', { type: 'ipv4_addr', flags: ['interval'], elements: ['10.0.0.0/8', '192.168.1.1'] }),
    interfaces: table.set('interfaces', { type: 'ifname', elements: ['lan', 'eth0'] }),
    services: table.set('services', { type: proto, elements: [['tcp', 22]] }),
    ranges: table.set('ranges', { type: proto, flags: ['interval'], elements: [['udp', '30000-30100']] }),
    recent: table.set('recent', { type: proto, ...dynamic }),
    endpoints: table.set('endpoints', { type: endpoint, ...dynamic }),
    marks: table.set('marks', { type: 'mark', flags: ['interval'], elements: ['5-7'] }),
    markedNets: table.set('marked_nets', {
      type: ['mark', 'ipv4_addr'],
      flags: ['interval'],
      elements: [[5, '10.0.0.0/8']],
    }),
    protocols: table.set('protocols', { type: 'inet_proto', elements: ['udp', 'tcp'] }),
  }
}

function maps(table: Table): Omit<Things, keyof Sets | 'other' | 'refused'> {
  return {
    forwards: table.map('forwards', {
      type: proto,
      value: target,
      elements: [
        [
          ['tcp', 6881],
          ['192.168.1.100', 6881],
        ],
      ],
    }),
    forwardRanges: table.map('forward_ranges', {
      type: proto,
      value: 'ipv4_addr',
      flags: ['interval'],
      elements: [[['udp', '30000-30100'], '192.168.1.101']],
    }),
    ext: table.map('ext', { type: proto, value: target, ...dynamic }),
    pin: table.map('pin', { type: endpoint, value: 'inet_service', ...dynamic }),
    addresses: table.map('addresses', { type: 'ipv4_addr', value: 'ipv4_addr' }),
    addresses6: table.map('addresses6', { type: 'ipv6_addr', value: 'ipv6_addr' }),
    ports: table.map('ports', { type: 'inet_service', value: 'inet_service', elements: [[80, 8080]] }),
    targets: table.map('targets', { type: 'inet_service', value: target }),
    classes: table.map('classes', { type: 'ipv4_addr', value: 'mark', elements: [['10.0.0.1', 5]] }),
    budgets: table.map('budgets', { type: 'ipv4_addr', value: 'verdict', elements: [['10.0.0.1', jump('other')]] }),
  }
}

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sandbox } from '@sallyport/linux'
import { accept, batchOf, connect, drop, jump, print, Ruleset, type Table } from '../src/index.ts'
import { coneRouter } from './support/cone.ts'
import { bothWays, throughNetlink, throughNft, withoutNft } from './support/oracle.ts'

await sandbox()

const sets: readonly (readonly [name: string, define: (table: Table) => void])[] = [
  ['addresses', (t) => t.set('s', { type: 'ipv4_addr', elements: ['10.0.0.1', '10.0.0.2'] })],
  ['IPv6 addresses', (t) => t.set('s', { type: 'ipv6_addr', elements: ['::1', '2001:db8::5'] })],
  ['hardware addresses', (t) => t.set('s', { type: 'ether_addr', elements: ['02:00:00:00:00:01'] })],
  ['ports', (t) => t.set('s', { type: 'inet_service', elements: [0, 22, 65535] })],
  ['protocols', (t) => t.set('s', { type: 'inet_proto', elements: ['tcp', 'ipv6-icmp', 254] })],
  ['ICMP types', (t) => t.set('s', { type: 'icmp_type', elements: ['echo-request', 40] })],
  ['ICMPv6 types', (t) => t.set('s', { type: 'icmpv6_type', elements: ['nd-redirect', 'echo-reply'] })],
  ['marks', (t) => t.set('s', { type: 'mark', elements: [1, 0x10000] })],
  ['interfaces', (t) => t.set('s', { type: 'ifname', elements: ['lan', 'fifteen-letters'] })],
  ['connection states', (t) => t.set('s', { type: 'ct_state', elements: ['new', 'related'] })],
  ['directions', (t) => t.set('s', { type: 'ct_dir', elements: ['reply'] })],
  ['kinds of packets', (t) => t.set('s', { type: 'pkt_type', elements: ['broadcast'] })],
  ['families', (t) => t.set('s', { type: 'nf_proto', elements: ['ipv6'] })],
  ['users', (t) => t.set('s', { type: 'uid', elements: [0, 1000] })],
  ['kinds of addresses', (t) => t.set('s', { type: 'fib_addrtype', elements: ['local', 'multicast'] })],
  ['TCP flags', (t) => t.set('s', { type: 'tcp_flag', elements: ['syn', 'ack'] })],
  ['intervals', (t) => t.set('s', { type: 'ipv4_addr', flags: ['interval'], elements: ['10.0.0.0/8', '1.2.3.4'] })],
  [
    'intervals from the bottom to the top',
    (t) => {
      t.set('s', { type: 'ipv4_addr', flags: ['interval'], elements: ['0.0.0.0/8', '255.255.255.0/24', '224.0.0.1'] })
    },
  ],
  [
    'everything as one interval',
    (t) => t.set('s', { type: 'inet_service', flags: ['interval'], elements: ['0-65535'] }),
  ],
  [
    'intervals side by side',
    (t) => t.set('s', { type: 'inet_service', flags: ['interval'], elements: ['7-8', '5-6'] }),
  ],
  [
    'intervals that are merged',
    (t) => {
      const elements = ['5-6', '7-8', '6-20', 65535, '65530-65534'] as const
      t.set('s', { type: 'inet_service', flags: ['interval'], autoMerge: true, elements })
    },
  ],
  [
    'intervals of numbers in host order',
    (t) => t.set('s', { type: 'mark', flags: ['interval'], elements: ['5-7', 0x1000] }),
  ],
  ['intervals of one byte', (t) => t.set('s', { type: 'inet_proto', flags: ['interval'], elements: ['6-17', 'gre'] })],
  [
    'interfaces that begin alike',
    (t) => t.set('s', { type: 'ifname', flags: ['interval'], elements: ['eth*', 'lan'] }),
  ],
  ['an interval set without elements', (t) => t.set('s', { type: 'ipv6_addr', flags: ['interval'] })],
  [
    'concatenations',
    (t) => {
      t.set('s', { type: ['inet_proto', 'ipv4_addr', 'inet_service'], elements: [['tcp', '10.0.0.1', 22]] })
    },
  ],
  [
    'concatenations of five',
    (t) => {
      const type = ['ifname', 'ipv4_addr', 'ipv4_addr', 'inet_proto', 'inet_service'] as const
      t.set('s', { type, elements: [['lan', '10.0.0.1', '10.0.0.2', 'udp', 53]] })
    },
  ],
  [
    'concatenations of ranges',
    (t) => {
      const elements = [
        ['udp', '10.0.0.0/8', '5-65535'],
        ['tcp', '1.2.3.4', 0],
      ] as const
      t.set('s', { type: ['inet_proto', 'ipv4_addr', 'inet_service'], flags: ['interval'], elements })
    },
  ],
  [
    'concatenations of ranges in host order',
    (t) => {
      t.set('s', {
        type: ['ct_state', 'mark'],
        flags: ['interval'],
        elements: [
          ['new', '5-7'],
          ['related', 1],
        ],
      })
    },
  ],
  [
    'concatenations with interfaces that begin alike',
    (t) => {
      t.set('s', {
        type: ['ifname', 'inet_service'],
        flags: ['interval'],
        elements: [
          ['eth*', 5],
          ['lan', '6-7'],
        ],
      })
    },
  ],
  [
    'a set for packets to change',
    (t) => {
      t.set('s', { type: 'ipv4_addr', size: 64, flags: ['dynamic'], timeout: '1h30m', gcInterval: 10_000 })
    },
  ],
  [
    'elements with timeouts and comments',
    (t) => {
      const elements = [
        { key: '10.0.0.1', timeout: '5m' },
        { key: '10.0.0.2', comment: 'a printer' },
      ] as const
      t.set('s', { type: 'ipv4_addr', flags: ['timeout'], elements, comment: 'inside' })
    },
  ],
  [
    'intervals with comments',
    (t) => {
      const elements = [
        { key: '10.0.0.0/8', comment: 'a' },
        { key: '255.0.0.0/8', comment: 'up to the top' },
      ] as const
      t.set('s', { type: 'ipv4_addr', flags: ['interval'], elements })
    },
  ],
  ['elements that count', (t) => t.set('s', { type: 'ipv4_addr', counter: true, elements: ['10.0.0.1'] })],
  [
    'ranges that count',
    (t) => {
      t.set('s', {
        type: ['inet_proto', 'inet_service'],
        flags: ['interval'],
        counter: true,
        elements: [['tcp', '1-5']],
      })
    },
  ],
  ['a constant set', (t) => t.set('s', { type: 'inet_service', flags: ['constant'], elements: [1, 2] })],
  [
    'a constant set of intervals',
    (t) => {
      t.set('s', { type: 'inet_service', flags: ['constant', 'interval'], elements: [1, '4-65535'] })
    },
  ],
  ['a map', (t) => t.map('m', { type: 'inet_service', value: 'inet_service', elements: [[80, 8080]] })],
  [
    'a map to marks',
    (t) =>
      t.map('m', {
        type: 'mark',
        value: 'mark',
        elements: [
          [1, 2],
          [3, 0x400],
        ],
      }),
  ],
  [
    'a map to addresses and ports',
    (t) => {
      const elements = [
        [
          ['tcp', 80],
          ['10.0.0.1', 8080],
        ],
      ] as const
      t.map('m', { type: ['inet_proto', 'inet_service'], value: ['ipv4_addr', 'inet_service'], elements })
    },
  ],
  [
    'a map of intervals',
    (t) => {
      const elements = [
        ['5-6', 1],
        ['7-8', 2],
        [65535, 5],
      ] as const
      t.map('m', { type: 'inet_service', value: 'mark', flags: ['interval'], elements })
    },
  ],
  [
    'a map of ranges to addresses',
    (t) => {
      const elements = [{ key: ['udp', '30000-30100'], value: '10.0.0.1', comment: 'game' }] as const
      t.map('m', { type: ['inet_proto', 'inet_service'], value: 'ipv4_addr', flags: ['interval'], elements })
    },
  ],
  [
    'a verdict map',
    (t) => {
      t.chain('c')
      t.map('m', {
        type: 'ifname',
        value: 'verdict',
        elements: [
          ['a', accept()],
          ['b', jump('c')],
          ['c', drop()],
        ],
      })
    },
  ],
  [
    'a verdict map of intervals',
    (t) => {
      t.map('m', {
        type: 'inet_service',
        value: 'verdict',
        flags: ['interval'],
        elements: [
          ['5-6', accept()],
          ['7-8', drop()],
        ],
      })
    },
  ],
  ['a counter', (t) => t.counter('c', { comment: 'counts' })],
  ['chains with comments', (t) => t.chain('c', { hook: 'input', priority: -5, policy: 'drop', comment: 'in' })],
  ['a chain of type route', (t) => t.chain('c', { type: 'route', hook: 'output', priority: 'mangle' })],
]

describe('a set becomes the same as nft makes of its text', { skip: withoutNft ?? false }, () => {
  for (const [name, define] of sets) {
    it(name, () => {
      const ruleset = new Ruleset()
      define(ruleset.table('inet', 't', { comment: 'one thing' }))
      const { nft, netlink } = bothWays(ruleset)
      assert.deepEqual(netlink.kernel, nft.kernel)
      assert.equal(netlink.listing, nft.listing)
    })
  }
})

describe('a whole ruleset', { skip: withoutNft ?? false }, () => {
  it('is the same from its text as over netlink, and its listing loads again', () => {
    const { nft, netlink } = bothWays(coneRouter())
    assert.deepEqual(netlink.kernel, nft.kernel)
    assert.equal(netlink.listing, nft.listing)
  })

  it('is told apart from one that differs in a single value', () => {
    const other = print(coneRouter()).replace('to :udp sport', 'to :5')
    assert.notDeepEqual(throughNft(other).kernel, throughNetlink(coneRouter()).kernel)
  })

  for (const family of ['ip', 'ip6', 'bridge'] as const) {
    it(`can be of family ${family}`, () => {
      const ruleset = new Ruleset()
      const table = ruleset.table(family, 't')
      table.chain('c', { hook: 'input' }).rule(accept())
      const { nft, netlink } = bothWays(ruleset)
      assert.deepEqual(netlink.kernel, nft.kernel)
    })
  }
})

it('a ruleset of several tables is one transaction', () => {
  const ruleset = coneRouter()
  ruleset.table('ip', 'second').chain('c').rule(drop())
  using nft = connect()
  nft.commit(batchOf(ruleset))
  assert.deepEqual(
    nft.tables().map(({ family, name }) => `${family} ${name}`),
    ['inet sallyport', 'ip second'],
  )
})

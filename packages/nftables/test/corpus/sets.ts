import {
  accept,
  concat,
  counter,
  ct,
  dnat,
  drop,
  ether,
  goto,
  iifname,
  ip,
  ip6,
  jump,
  meta,
  returnToCaller,
  type SetOptions,
  snat,
  type Table,
  type TypeName,
  tcp,
  th,
  udp,
} from '../../src/index.ts'
import { type Case, ruleset } from './case.ts'

const values: Partial<Record<TypeName, readonly [texts: string, values: readonly unknown[]]>> = {
  ipv4_addr: ['10.0.0.1, 10.0.0.2', ['10.0.0.1', '10.0.0.2']],
  ipv6_addr: ['fe80::1, ::', ['fe80::1', '::']],
  ether_addr: ['02:00:00:00:00:01', ['02:00:00:00:00:01']],
  ether_type: ['ip, arp', ['ip', 'arp']],
  inet_proto: ['tcp, udp, 200', ['tcp', 'udp', 200]],
  inet_service: ['22, 80, 65535', [22, 80, 65535]],
  mark: ['0x1, 0x10000', [1, 0x10000]],
  ifname: ['"lan", "wan"', ['lan', 'wan']],
  icmp_type: ['echo-request, echo-reply', ['echo-request', 'echo-reply']],
  icmpv6_type: ['nd-redirect', ['nd-redirect']],
  icmp_code: ['port-unreachable', ['port-unreachable']],
  icmpv6_code: ['no-route', ['no-route']],
  ct_state: ['new, established', ['new', 'established']],
  ct_dir: ['original', ['original']],
  ct_status: ['snat', ['snat']],
  pkt_type: ['host, broadcast', ['host', 'broadcast']],
  nf_proto: ['ipv4', ['ipv4']],
  uid: ['0, 1000', [0, 1000]],
  gid: ['0, 1000', [0, 1000]],
  realm: ['5', [5]],
  classid: ['1:2', ['1:2']],
  dscp: ['cs1, af11', ['cs1', 'af11']],
  ecn: ['ce', ['ce']],
  arp_op: ['request', ['request']],
  devgroup: ['5', [5]],
  tcp_flag: ['syn, ack', ['syn', 'ack']],
  dccp_pkttype: ['request', ['request']],
  igmp_type: ['membership-query', ['membership-query']],
  iface_index: ['"lo"', ['lo']],
  fib_addrtype: ['local', ['local']],
}

/** One named set of each type. */
const ofTypes: readonly Case[] = Object.entries(values).map(([type, [texts, inputs]]) =>
  ruleset(`a set of ${type}`, `set s {\ntype ${type}\nelements = { ${texts} }\n}`, (t) => {
    t.set('s', { type: type as TypeName, elements: inputs as never })
  }),
)

const optionsOf: readonly (readonly [text: string, options: SetOptions])[] = [
  ['flags interval', { flags: ['interval'] }],
  ['flags timeout', { flags: ['timeout'] }],
  ['flags dynamic', { flags: ['dynamic'] }],
  ['flags dynamic,timeout', { flags: ['dynamic', 'timeout'] }],
  ['timeout 5m', { timeout: '5m' }],
  ['flags timeout\ngc-interval 10s', { flags: ['timeout'], gcInterval: '10s' }],
  ['size 100', { size: 100 }],
  ['size 100\nflags dynamic', { size: 100, flags: ['dynamic'] }],
  ['counter', { counter: true }],
  ['comment "hello"', { comment: 'hello' }],
  ['flags interval\nauto-merge', { flags: ['interval'], autoMerge: true }],
  ['flags interval,timeout\ntimeout 1h', { flags: ['interval', 'timeout'], timeout: '1h' }],
]

const withOptions: readonly Case[] = optionsOf.flatMap(([text, options]) => [
  ruleset(`set, ${text.replaceAll('\n', ', ')}`, `set s {\ntype ipv4_addr\n${text}\n}`, (t) => {
    t.set('s', { type: 'ipv4_addr', ...options })
  }),
  ruleset(`IPv6 set, ${text.replaceAll('\n', ', ')}`, `set s {\ntype ipv6_addr\n${text}\n}`, (t) => {
    t.set('s', { type: 'ipv6_addr', ...options })
  }),
])

const chains = (t: Table): void => {
  t.chain('a')
  t.chain('b')
}

const inChain = (text: string): string => `chain a { }\nchain b { }\nchain c {\n${text}\n}`

/** Maps, verdict maps, concatenations, and the rules that use them. */
export const named: readonly Case[] = [
  ...ofTypes,
  ...withOptions,
  ruleset('a map', 'map m {\ntype ipv4_addr : mark\nelements = { 1.1.1.1 : 0x10 }\n}', (t) => {
    t.map('m', { type: 'ipv4_addr', value: 'mark', elements: [['1.1.1.1', 0x10]] })
  }),
  ruleset(
    'a map of intervals',
    'map m {\ntype inet_service : ipv4_addr\nflags interval\nelements = { 10-20 : 1.2.3.4, 30 : 1.2.3.5 }\n}',
    (t) => {
      t.map('m', {
        type: 'inet_service',
        value: 'ipv4_addr',
        flags: ['interval'],
        elements: [
          ['10-20', '1.2.3.4'],
          [30, '1.2.3.5'],
        ],
      })
    },
  ),
  ruleset(
    'a verdict map',
    `map m {\ntype ipv4_addr : verdict\nelements = { 1.1.1.1 : jump a, 1.1.1.2 : drop, 1.1.1.3 : goto b, 1.1.1.4 : accept, 1.1.1.5 : return, 1.1.1.6 : continue }\n}\n${inChain('ip saddr vmap @m')}`,
    (t) => {
      chains(t)
      const m = t.map('m', {
        type: 'ipv4_addr',
        value: 'verdict',
        elements: [
          ['1.1.1.1', jump('a')],
          ['1.1.1.2', drop()],
          ['1.1.1.3', goto('b')],
          ['1.1.1.4', accept()],
          ['1.1.1.5', returnToCaller()],
          ['1.1.1.6', { statement: 'verdict', verdict: 'continue' }],
        ],
      })
      t.chain('c').rule(ip.saddr.vmap(m))
    },
  ),
  ruleset('a verdict map without a name', inChain('iifname vmap { "lan" : jump a, "wan" : goto b }'), (t) => {
    chains(t)
    t.chain('c').rule(
      iifname.vmap([
        ['lan', jump('a')],
        ['wan', goto('b')],
      ]),
    )
  }),
  ruleset('a verdict map of intervals', inChain('tcp dport vmap { 0-1023 : jump a, 1024-65535 : drop }'), (t) => {
    chains(t)
    t.chain('c').rule(
      tcp.dport.vmap([
        ['0-1023', jump('a')],
        ['1024-65535', drop()],
      ]),
    )
  }),
  ruleset(
    'a verdict map of concatenations',
    inChain('ip saddr . tcp dport vmap { 1.2.3.4 . 5 : jump a, 1.2.3.5 . 6 : accept }'),
    (t) => {
      chains(t)
      t.chain('c').rule(
        concat(ip.saddr, tcp.dport).vmap([
          [['1.2.3.4', 5], jump('a')],
          [['1.2.3.5', 6], accept()],
        ]),
      )
    },
  ),
  ruleset(
    'a set of pairs',
    'set s {\ntype ipv4_addr . inet_service\nelements = { 1.2.3.4 . 80 }\n}\nchain c {\nip saddr . tcp dport @s drop\n}',
    (t) => {
      const s = t.set('s', { type: ['ipv4_addr', 'inet_service'], elements: [['1.2.3.4', 80]] })
      t.chain('c').rule(concat(ip.saddr, tcp.dport).in(s), drop())
    },
  ),
  ruleset(
    'a set of pairs of ranges',
    'set s {\ntype ipv4_addr . inet_service\nflags interval\nelements = { 10.0.0.0/8 . 80-90, 1.2.3.4 . 22 }\n}\nchain c {\nip saddr . tcp dport != @s drop\n}',
    (t) => {
      const s = t.set('s', {
        type: ['ipv4_addr', 'inet_service'],
        flags: ['interval'],
        elements: [
          ['10.0.0.0/8', '80-90'],
          ['1.2.3.4', 22],
        ],
      })
      t.chain('c').rule(concat(ip.saddr, tcp.dport).notIn(s), drop())
    },
  ),
  ruleset(
    'elements with timeouts and comments',
    'set s {\ntype ipv4_addr\ntimeout 1h\nelements = { 1.1.1.1 timeout 2h comment "two", 1.1.1.2 comment "x" }\n}',
    (t) => {
      t.set('s', {
        type: 'ipv4_addr',
        timeout: '1h',
        elements: [
          { key: '1.1.1.1', timeout: '2h', comment: 'two' },
          { key: '1.1.1.2', comment: 'x' },
        ],
      })
    },
  ),
  ruleset(
    'a set that packets change',
    'set s {\ntype ipv4_addr\nsize 100\nflags dynamic,timeout\ntimeout 1m\n}\nchain c {\nadd @s { ip saddr }\nupdate @s { ip saddr timeout 5s }\ndelete @s { ip saddr }\nadd @s { ip saddr limit rate 5/second burst 5 packets }\nadd @s { ip saddr counter }\n}',
    (t) => {
      const s = t.set('s', { type: 'ipv4_addr', size: 100, flags: ['dynamic', 'timeout'], timeout: '1m' })
      t.chain('c')
        .rule(s.add(ip.saddr))
        .rule(s.update(ip.saddr, { timeout: '5s' }))
        .rule(s.delete(ip.saddr))
        .rule(s.add(ip.saddr, { limit: { packets: 5, per: 'second', burst: 5 } }))
        .rule(s.add(ip.saddr, { counter: true }))
    },
  ),
  ruleset(
    'a map that packets change',
    'map m {\ntype inet_proto . inet_service : inet_service\nsize 10\nflags dynamic,timeout\ntimeout 1h\n}\nchain c {\nmeta l4proto { tcp, udp } update @m { meta l4proto . th sport : ct reply proto-dst }\n}',
    (t) => {
      const m = t.map('m', {
        type: ['inet_proto', 'inet_service'],
        value: 'inet_service',
        size: 10,
        flags: ['dynamic', 'timeout'],
        timeout: '1h',
      })
      t.chain('c').rule(meta.l4proto.in(['tcp', 'udp']), m.update(concat(meta.l4proto, th.sport), ct.reply.protoDst))
    },
  ),
  ruleset(
    'NAT by a map',
    'map m {\ntype inet_service : ipv4_addr . inet_service\nelements = { 80 : 1.2.3.4 . 8080 }\n}\nchain n {\ntype nat hook prerouting priority -100\ndnat ip to tcp dport map @m\n}',
    (t) => {
      const m = t.map('m', {
        type: 'inet_service',
        value: ['ipv4_addr', 'inet_service'],
        elements: [[80, ['1.2.3.4', 8080]]],
      })
      t.chain('n', { type: 'nat', hook: 'prerouting', priority: -100 }).rule(dnat({ to: tcp.dport.map(m) }))
    },
  ),
  ruleset(
    'NAT of IPv6',
    'chain n {\ntype nat hook postrouting priority 100\nip6 saddr fe80::1 snat ip6 to fe80::2\n}',
    (t) => {
      t.chain('n', { type: 'nat', hook: 'postrouting', priority: 100 }).rule(
        ip6.saddr.eq('fe80::1'),
        snat({ family: 'ip6', to: 'fe80::2' }),
      )
    },
  ),
  ruleset(
    'NAT of a prefix',
    'chain n {\ntype nat hook postrouting priority 100\nip6 saddr fd00::/64 snat ip6 prefix to 2001:db8::/64\n}',
    (t) => {
      t.chain('n', { type: 'nat', hook: 'postrouting', priority: 100 }).rule(
        ip6.saddr.eq('fd00::/64'),
        snat({ family: 'ip6', to: '2001:db8::/64', prefix: true }),
      )
    },
  ),
  ruleset('a mark by a map', 'chain c {\nmeta mark set ip saddr map { 1.2.3.4 : 0x1, 1.2.3.5 : 0x2 }\n}', (t) => {
    t.chain('c').rule(
      meta.mark.set(
        ip.saddr.mapTo('mark', [
          ['1.2.3.4', 1],
          ['1.2.3.5', 2],
        ]),
      ),
    )
  }),
  ruleset('a priority by a map', 'chain c {\nmeta priority set udp dport map { 5 : 1:2, 6 : 1:3 }\n}', (t) => {
    t.chain('c').rule(
      meta.priority.set(
        udp.dport.mapTo('classid', [
          [5, '1:2'],
          [6, '1:3'],
        ]),
      ),
    )
  }),
  ruleset(
    'hardware addresses in a bridge',
    'set s {\ntype ether_addr\nelements = { 02:00:00:00:00:01 }\n}\nchain c {\ntype filter hook forward priority 0\nether saddr @s counter drop\n}',
    (t) => {
      const s = t.set('s', { type: 'ether_addr', elements: ['02:00:00:00:00:01'] })
      t.chain('c', { hook: 'forward' }).rule(ether.saddr.in(s), counter(), drop())
    },
    'bridge',
  ),
]

const hooks = ['prerouting', 'input', 'forward', 'output', 'postrouting'] as const
const priorities = [-300, -10, 0, 50]

/** Base chains of all families, hooks and policies. */
export const chainsOfAllKinds: readonly Case[] = [
  ...(['inet', 'ip', 'ip6', 'bridge'] as const).flatMap((family) =>
    hooks.flatMap((hook, index) =>
      (['accept', 'drop'] as const).map((policy) => {
        const priority = priorities[index % priorities.length]!
        return ruleset(
          `${hook} ${priority} ${policy}`,
          `chain c {\ntype filter hook ${hook} priority ${priority}; policy ${policy};\n}`,
          (t) => {
            t.chain('c', { hook, priority, policy })
          },
          family,
        )
      }),
    ),
  ),
  ...(['input', 'output'] as const).map((hook) =>
    ruleset(
      `arp ${hook}`,
      `chain c {\ntype filter hook ${hook} priority 0;\n}`,
      (t) => void t.chain('c', { hook }),
      'arp',
    ),
  ),
  ...(['inet', 'ip', 'ip6'] as const).flatMap((family) => [
    ruleset(
      'route',
      'chain c {\ntype route hook output priority -150;\n}',
      (t) => {
        t.chain('c', { type: 'route', hook: 'output', priority: 'mangle' })
      },
      family,
    ),
    ...(['prerouting', 'input', 'output', 'postrouting'] as const).map((hook) =>
      ruleset(
        `nat ${hook}`,
        `chain c {\ntype nat hook ${hook} priority 0;\n}`,
        (t) => {
          t.chain('c', { type: 'nat', hook })
        },
        family,
      ),
    ),
  ]),
  ruleset(
    'ingress',
    'chain c {\ntype filter hook ingress device "lo" priority -5; policy drop;\n}',
    (t) => {
      t.chain('c', { hook: 'ingress', devices: ['lo'], priority: -5, policy: 'drop' })
    },
    'netdev',
  ),
  ruleset(
    'egress',
    'chain c {\ntype filter hook egress device "lo" priority 0;\n}',
    (t) => {
      t.chain('c', { hook: 'egress', devices: ['lo'] })
    },
    'netdev',
  ),
  ruleset('ingress of inet', 'chain c {\ntype filter hook ingress device "lo" priority 0;\n}', (t) => {
    t.chain('c', { hook: 'ingress', devices: ['lo'] })
  }),
  ruleset('a comment', 'chain c {\ncomment "a chain"\n}', (t) => void t.chain('c', { comment: 'a chain' })),
]

import { byMap, concat, ct, drop, iifname, ip, meta, raw, tcp, udp } from '../../src/index.ts'
import { type Case, ruleset } from './case.ts'

/** Maps to objects, and sets that are declared by what they are for. */
export const references: readonly Case[] = [
  ruleset(
    'a map to counters',
    'counter a {\n}\ncounter b {\n}\nmap m {\ntype ipv4_addr : counter\nelements = { 1.1.1.1 : "a", 1.1.1.2 : "b" }\n}\nchain c {\ncounter name ip saddr map @m\n}',
    (t) => {
      const [a, b] = [t.counter('a'), t.counter('b')]
      const m = t.map('m', {
        type: 'ipv4_addr',
        value: 'counter',
        elements: [
          ['1.1.1.1', a],
          ['1.1.1.2', b],
        ],
      })
      t.chain('c').rule(byMap(ip.saddr, m))
    },
  ),
  ruleset(
    'a map of intervals to quotas',
    'quota q {\n5000 bytes\n}\nmap m {\ntype inet_service : quota\nflags interval\nelements = { 10-20 : "q" }\n}\nchain c {\nquota name tcp dport map @m\n}',
    (t) => {
      const q = t.quota('q', { bytes: 5000 })
      const m = t.map('m', { type: 'inet_service', value: 'quota', flags: ['interval'], elements: [['10-20', q]] })
      t.chain('c').rule(byMap(tcp.dport, m))
    },
  ),
  ruleset(
    'a map to limits',
    'limit l {\nrate 5/second\n}\nmap m {\ntype ifname : limit\nelements = { "lan" : "l" }\n}\nchain c {\nlimit name iifname map @m drop\n}',
    (t) => {
      const l = t.limit('l', { packets: 5, per: 'second' })
      const m = t.map('m', { type: 'ifname', value: 'limit', elements: [['lan', l]] })
      t.chain('c').rule(byMap(iifname, m), drop())
    },
  ),
  ruleset(
    'a map of pairs to counters',
    'counter a {\n}\nmap m {\ntype ipv4_addr . inet_service : counter\nelements = { 1.1.1.1 . 5 : "a" }\n}\nchain c {\ncounter name ip saddr . udp dport map @m\n}',
    (t) => {
      const a = t.counter('a')
      const m = t.map('m', { type: ['ipv4_addr', 'inet_service'], value: 'counter', elements: [[['1.1.1.1', 5], a]] })
      t.chain('c').rule(byMap(concat(ip.saddr, udp.dport), m))
    },
  ),
  ruleset(
    'typeof an address',
    'set s {\ntypeof ip saddr\nelements = { 1.2.3.4 }\n}\nchain c {\nip saddr @s\n}',
    (t) => {
      const s = t.set('s', { type: 'ipv4_addr', typeof: ip.saddr, elements: ['1.2.3.4'] })
      t.chain('c').rule(ip.saddr.in(s))
    },
  ),
  ruleset('typeof a number', 'set s {\ntypeof ip ttl\nelements = { 5, 6 }\n}\nchain c {\nip ttl @s\n}', (t) => {
    const s = t.set('s', { type: 'integer8', typeof: ip.ttl, elements: [5, 6] })
    t.chain('c').rule(ip.ttl.in(s))
  }),
  ruleset(
    'typeof a pair',
    'set s {\ntypeof ip saddr . tcp dport\nflags dynamic\n}\nchain c {\nadd @s { ip saddr . tcp dport }\n}',
    (t) => {
      const key = concat(ip.saddr, tcp.dport)
      const s = t.set('s', { type: ['ipv4_addr', 'inet_service'], typeof: key, flags: ['dynamic'] })
      t.chain('c').rule(s.add(key))
    },
  ),
  ruleset('typeof part of a byte', 'set s {\ntypeof ip dscp\nelements = { cs1 }\n}\nchain c {\nip dscp @s\n}', (t) => {
    const s = t.set('s', { type: 'dscp', typeof: ip.dscp, elements: ['cs1'] })
    t.chain('c').rule(ip.dscp.in(s))
  }),
  ruleset(
    'typeof bytes without a name',
    'set s {\ntypeof @nh,64,64\nflags dynamic\n}\nchain c {\nadd @s { @nh,64,64 }\n}',
    (t) => {
      const bytes = raw('network', 64, 64)
      const s = t.set('s', { type: 'integer64', typeof: bytes, flags: ['dynamic'] })
      t.chain('c').rule(s.add(bytes))
    },
  ),
  ruleset('typeof a connection', 'set s {\ntypeof ct original ip saddr\nflags interval\n}', (t) => {
    t.set('s', { type: 'ipv4_addr', typeof: ct.original.ip.saddr, flags: ['interval'] })
  }),
  ruleset(
    'typeof a map',
    'map m {\ntypeof ip saddr : meta mark\nelements = { 1.2.3.4 : 0x5 }\n}\nchain c {\nmeta mark set ip saddr map @m\n}',
    (t) => {
      const m = t.map('m', {
        type: 'ipv4_addr',
        value: 'mark',
        typeof: ip.saddr,
        valueTypeof: meta.mark,
        elements: [['1.2.3.4', 5]],
      })
      t.chain('c').rule(meta.mark.set(ip.saddr.map(m)))
    },
  ),
  ruleset(
    'typeof a verdict map',
    'map m {\ntypeof ip saddr : verdict\nelements = { 1.2.3.4 : drop }\n}\nchain c {\nip saddr vmap @m\n}',
    (t) => {
      const m = t.map('m', { type: 'ipv4_addr', value: 'verdict', typeof: ip.saddr, elements: [['1.2.3.4', drop()]] })
      t.chain('c').rule(ip.saddr.vmap(m))
    },
  ),
]

import {
  accept,
  assign,
  concat,
  connections,
  ct,
  drop,
  dup,
  fwd,
  ip,
  jhash,
  limit,
  log,
  meta,
  numgen,
  quota,
  removeTcpOption,
  symhash,
  synproxy,
  tcp,
  tcpOptions,
  tproxy,
  udp,
} from '../../src/index.ts'
import { type Case, egress, ingress, input, ip4, ip6only, prerouting, rule, ruleset } from './case.ts'

/** Statements that act, each in its forms. */
export const actions: readonly Case[] = [
  rule('quota 1000 bytes', () => [quota({ bytes: 1000 })]),
  rule('quota over 1 mbytes', () => [quota({ bytes: 1 << 20, over: true })]),
  rule('quota over 1 mbytes used 5 kbytes', () => [quota({ bytes: 1 << 20, over: true, used: 5120 })]),
  rule('ct count 5', () => [connections(5)]),
  rule('ct count over 5', () => [connections(5, { over: true })]),
  rule('meta mark set numgen inc mod 3', () => [meta.mark.set(numgen('incremental', { modulus: 3 }))]),
  rule('meta mark set numgen random mod 3 offset 5', () => [
    meta.mark.set(numgen('random', { modulus: 3, offset: 5 })),
  ]),
  rule('numgen inc mod 3 1', () => [numgen('incremental', { modulus: 3 }).eq(1)]),
  rule('numgen random mod 3 != 1 drop', () => [numgen('random', { modulus: 3 }).ne(1), drop()]),
  rule('numgen inc mod 3 { 1, 2 }', () => [numgen('incremental', { modulus: 3 }).in([1, 2])]),
  rule('numgen inc mod 2 vmap { 0 : accept, 1 : drop }', () => [
    numgen('incremental', { modulus: 2 }).vmap([
      [0, accept()],
      [1, drop()],
    ]),
  ]),
  rule('meta mark set numgen inc mod 2 map { 0 : 5, 1 : 6 }', () => [
    meta.mark.set(
      numgen('incremental', { modulus: 2 }).mapTo('mark', [
        [0, 5],
        [1, 6],
      ]),
    ),
  ]),
  rule('meta mark set jhash ip saddr . tcp dport mod 7 seed 0xdeadbeef', () => [
    meta.mark.set(jhash(concat(ip.saddr, tcp.dport), { modulus: 7, seed: 0xdeadbeef })),
  ]),
  rule('meta mark set jhash ip saddr mod 7 seed 0x1 offset 3', () => [
    meta.mark.set(jhash(ip.saddr, { modulus: 7, seed: 1, offset: 3 })),
  ]),
  rule('jhash ip daddr mod 4 seed 0x5 { 0, 3 }', () => [jhash(ip.daddr, { modulus: 4, seed: 5 }).in([0, 3])]),
  rule('meta mark set symhash mod 7 offset 1', () => [meta.mark.set(symhash({ modulus: 7, offset: 1 }))]),
  rule('symhash mod 7 1', () => [symhash({ modulus: 7 }).eq(1)]),
  rule('symhash mod 2 vmap { 0 : accept, 1 : drop }', () => [
    symhash({ modulus: 2 }).vmap([
      [0, accept()],
      [1, drop()],
    ]),
  ]),
  rule('meta l4proto tcp tproxy to :80', () => [meta.l4proto.eq('tcp'), tproxy({ port: 80 })], prerouting),
  rule(
    'meta l4proto tcp tproxy ip to 1.2.3.4:80',
    () => [meta.l4proto.eq('tcp'), tproxy({ to: '1.2.3.4', port: 80 })],
    prerouting,
  ),
  rule('meta l4proto udp tproxy ip to 1.2.3.4', () => [meta.l4proto.eq('udp'), tproxy({ to: '1.2.3.4' })], prerouting),
  rule(
    'meta l4proto tcp tproxy ip6 to [::1]:80',
    () => [meta.l4proto.eq('tcp'), tproxy({ family: 'ip6', to: '::1', port: 80 })],
    prerouting,
  ),
  rule('udp dport 53 tproxy to 1.2.3.4:80', () => [udp.dport.eq(53), tproxy({ to: '1.2.3.4', port: 80 })], ip4),
  rule('tcp dport 53 tproxy to :80', () => [tcp.dport.eq(53), tproxy({ port: 80 })], ip6only),
  rule('dup to 1.2.3.4', () => [dup({ to: '1.2.3.4' })], ip4),
  rule('dup to 1.2.3.4 device "lo"', () => [dup({ to: '1.2.3.4', device: 'lo' })], ip4),
  rule('dup to ::1', () => [dup({ family: 'ip6', to: '::1' })], ip6only),
  rule('dup to ::1 device "lo"', () => [dup({ family: 'ip6', to: '::1', device: 'lo' })], ip6only),
  rule('dup to "lo"', () => [dup({ device: 'lo' })], ingress),
  rule('fwd to "lo"', () => [fwd({ device: 'lo' })], ingress),
  rule('fwd ip to 1.2.3.4 device "lo"', () => [fwd({ to: '1.2.3.4', device: 'lo' })], ingress),
  rule('fwd ip6 to ::1 device "lo"', () => [fwd({ family: 'ip6', to: '::1', device: 'lo' })], ingress),
  rule('ip saddr 1.2.3.4 drop', () => [ip.saddr.eq('1.2.3.4'), drop()], egress),
  rule('synproxy', () => [synproxy()], input),
  rule(
    'synproxy mss 1460 wscale 7 timestamp sack-perm',
    () => [synproxy({ mss: 1460, wscale: 7, timestamp: true, sackPermitted: true })],
    input,
  ),
  rule('tcp dport 80 synproxy mss 1460', () => [tcp.dport.eq(80), synproxy({ mss: 1460 })], input),
  rule(
    'tcp dport 80 synproxy wscale 5 sack-perm',
    () => [tcp.dport.eq(80), synproxy({ wscale: 5, sackPermitted: true })],
    input,
  ),
  rule('reset tcp option timestamp', () => [removeTcpOption('timestamp')]),
  rule('reset tcp option sack-perm', () => [removeTcpOption('sack-perm')]),
  rule('tcp option maxseg size set 1460', () => [tcpOptions.maxseg.size.set(1460)]),
  rule('log flags all', () => [log({ flags: ['tcp sequence', 'tcp options', 'ip options', 'skuid', 'ether'] })]),
  rule('log flags tcp sequence,options', () => [log({ flags: ['tcp sequence', 'tcp options'] })]),
  rule('log flags ip options', () => [log({ flags: ['ip options'] })]),
  rule('log flags skuid flags ether', () => [log({ flags: ['skuid', 'ether'] })]),
  rule('log prefix "x" level debug flags tcp sequence', () => [
    log({ prefix: 'x', level: 'debug', flags: ['tcp sequence'] }),
  ]),
  rule('log level audit', () => [log({ level: 'audit' })]),
  ruleset('counters', 'counter a { }\ncounter b { comment "two" }\nchain c {\ncounter name "a"\n}', (t) => {
    const a = t.counter('a')
    t.counter('b', { comment: 'two' })
    t.chain('c').rule({ statement: 'counter', object: a })
  }),
  ruleset('a quota', 'quota q { over 1000 bytes }\nchain c {\nquota name "q" drop\n}', (t) => {
    const q = t.quota('q', { bytes: 1000, over: true })
    t.chain('c').rule(quota(q), drop())
  }),
  ruleset('a quota partly used', 'quota q { 5000 bytes used 100 bytes comment "x" }', (t) => {
    t.quota('q', { bytes: 5000, used: 100, comment: 'x' })
  }),
  ruleset('a limit', 'limit l { rate 5/minute burst 7 packets }\nchain c {\nlimit name "l" accept\n}', (t) => {
    const l = t.limit('l', { packets: 5, per: 'minute', burst: 7 })
    t.chain('c').rule(limit(l), accept())
  }),
  ruleset('a limit of bytes', 'limit l { rate over 1 mbytes/second burst 5 kbytes }', (t) => {
    t.limit('l', { bytes: 1 << 20, per: 'second', burst: 5120, over: true })
  }),
  ruleset('a helper', 'ct helper h { type "ftp" protocol tcp; }\nchain c {\ntcp dport 21 ct helper set "h"\n}', (t) => {
    const h = t.ctHelper('h', { type: 'ftp', protocol: 'tcp' })
    t.chain('c').rule(tcp.dport.eq(21), assign(h))
  }),
  ruleset('a helper of IPv4', 'ct helper h { type "sip" protocol udp; l3proto ip; }', (t) => {
    t.ctHelper('h', { type: 'sip', protocol: 'udp', l3proto: 'ip' })
  }),
  ruleset(
    'timeouts',
    'ct timeout t { protocol tcp; l3proto ip; policy = { established : 100, close : 10 }\n}\nchain c {\ntcp dport 5 ct timeout set "t"\n}',
    (t) => {
      const o = t.ctTimeout('t', { protocol: 'tcp', l3proto: 'ip', policy: { established: 100, close: 10 } })
      t.chain('c').rule(tcp.dport.eq(5), assign(o))
    },
  ),
  ruleset('timeouts of UDP', 'ct timeout t { protocol udp; policy = { unreplied : 15, replied : 60 }\n}', (t) => {
    t.ctTimeout('t', { protocol: 'udp', policy: { unreplied: 15, replied: 60 } })
  }),
  ruleset(
    'an expectation',
    'ct expectation e { protocol udp\n dport 9876\n timeout 2m\n size 12\n l3proto ip\n}\nchain c {\nct expectation set "e"\n}',
    (t) => {
      const e = t.ctExpectation('e', { protocol: 'udp', dport: 9876, timeout: '2m', size: 12, l3proto: 'ip' })
      t.chain('c').rule(assign(e))
    },
  ),
  ruleset(
    'a synproxy',
    'synproxy s { mss 1460\n wscale 7\n timestamp sack-perm\n}\nchain c {\ntype filter hook input priority 0;\ntcp dport 80 synproxy name "s"\n}',
    (t) => {
      const s = t.synproxy('s', { mss: 1460, wscale: 7, timestamp: true, sackPermitted: true })
      t.chain('c', { hook: 'input' }).rule(tcp.dport.eq(80), synproxy(s))
    },
  ),
  rule('ct mark set meta mark & 0xff', () => [ct.mark.set(meta.mark.and(0xff))]),
]

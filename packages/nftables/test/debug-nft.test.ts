import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sandbox } from '@sallyport/linux'
import { debugExpression, debugRule } from '../src/debug/index.ts'
import { nlmsgType, ruleMessage } from '../src/messages/index.ts'
import { messagesOf, nft, skip } from './support/nft.ts'

await sandbox()

const setup = `
  set s { type ipv4_addr; flags dynamic,timeout; timeout 1m; size 100; }
  map m { type ipv4_addr : inet_service; flags dynamic; size 100; }
  counter cc { }
  map om { type ipv4_addr : counter; }
  chain o { }
`

const filter = [
  'ip saddr 10.0.0.0/8 tcp dport != 22 counter accept',
  'ip saddr 10.0.0.1-10.0.0.9 drop',
  'ip saddr != 10.0.0.1-10.0.0.9 drop',
  'ip6 saddr fe80::1 jump o',
  'meta mark set ct mark',
  'ct state established,related accept',
  'ct original ip saddr 1.2.3.4 continue',
  'ct mark set 0x10',
  'ct zone set 5',
  'meta mark and 0xff == 1 meta mark set mark << 2',
  'ip ttl set 4',
  'udp length set 5',
  'ip dscp set cs1',
  'tcp option maxseg size set 1400',
  'tcp option sack exists',
  'exthdr hbh exists',
  'update @s { ip saddr timeout 5s counter }',
  'add @m { ip saddr : tcp dport }',
  'limit rate over 10/second burst 20 packets drop',
  'limit rate 5 mbytes/minute',
  'quota over 25 bytes',
  'ct count over 10',
  'counter name cc',
  'counter name ip saddr map @om',
  'log prefix "hi" level info flags tcp sequence',
  'log group 3 snaplen 20 queue-threshold 4 prefix "x"',
  'log',
  'fib daddr . iif type local',
  'fib saddr oif 0',
  'fib saddr . iif oif exists',
  'reject with tcp reset',
  'reject with icmpx type port-unreachable',
  'notrack',
  'numgen inc mod 4 offset 2 vmap { 2 : drop, 3 : accept }',
  'jhash ip saddr . tcp dport mod 8 seed 0x5 0',
  'symhash mod 3 1',
  'rt classid 5',
  'tcp dport 80 tproxy ip to :3128',
  'ip saddr != @s',
  'ip saddr { 1.1.1.1, 2.2.2.2 } goto o',
  'meta hour "10:00"-"12:00"',
  'iifname "eth*" return',
  'meta nftrace set 1',
  'ip protocol vmap { tcp : jump o, udp : return }',
]

const nat = [
  'meta l4proto tcp dnat ip to 1.2.3.4:80',
  'meta l4proto tcp dnat ip to 1.2.3.4-1.2.3.9:80-90 random,persistent',
  'meta l4proto tcp redirect to :22',
]

const leaving = ['masquerade random', 'meta l4proto tcp masquerade to :10-20', 'snat ip6 to fe80::1']

const text = `table inet t {
  ${setup}
  chain c { type filter hook prerouting priority 0;
    ${filter.join('\n    ')}
  }
  chain n { type nat hook prerouting priority -100;
    ${nat.join('\n    ')}
  }
  chain p { type nat hook postrouting priority 100;
    ${leaving.join('\n    ')}
  }
}
table netdev n { chain i { type filter hook ingress device lo priority 0;
  dup to lo
  fwd to lo
  ip saddr 1.1.1.1 fwd ip to 1.2.3.4 device lo
}
}
`

/** The lines that nft prints for the expressions of rules, each without what it pads them with. */
function printedByNft(ruleset: string): string[] {
  const lines = nft(['--debug=netlink', '-c', '-f', '-'], ruleset).split('\n')
  return lines.filter((line) => /^ {2}\[ /.test(line)).map(tidy)
}

function tidy(line: string): string {
  return line.trim().replaceAll(/ +/g, ' ')
}

test('expressions are printed as nft prints them', { skip }, () => {
  const rules = messagesOf(text).filter(({ type }) => type === nlmsgType('newrule'))
  assert.equal(rules.length, filter.length + nat.length + leaving.length + 3)
  const ours = rules.flatMap(({ body }) => ruleMessage.decode(body).expressions.map(debugExpression))
  assert.deepEqual(ours.map(tidy), printedByNft(text))
})

test('what nft has no form for is printed with its properties', () => {
  assert.equal(debugExpression({ expr: 'unknown', name: 'new', data: Uint8Array.of(1, 2) }), '[ new 0x00000201 ]')
  assert.equal(debugExpression({ expr: 'last' }), '[ last never ]')
  const verdict = { expr: 'immediate', dreg: 0, data: { verdict: { code: 'goto', chainId: 7 } } } as const
  assert.equal(debugRule([{ expr: 'notrack' }, verdict]), '[ notrack ] [ immediate reg 0 goto -> #7 ]')
})

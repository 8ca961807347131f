import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type NatOptions, type ReportSubject, type Rfc, sandbox } from '@sallyport/lab'
import {
  accept,
  type Chain,
  ct,
  drop,
  icmp,
  iifname,
  ip,
  masquerade,
  meta,
  oifname,
  Ruleset,
  reject,
  tcp,
  udp,
} from '@sallyport/nftables'
import { examine } from './support.ts'

await sandbox()

/** A router that masquerades, lets no stranger in, and has one mistake. */
function router(
  mistake: (rules: { forward: Chain; output: Chain; first: Chain; postrouting: Chain }) => unknown,
): NatOptions {
  return {
    rules: () => {
      const rules = new Ruleset()
      const table = rules.table('ip', 'careful')
      const first = table.chain('first', { type: 'filter', hook: 'prerouting', priority: -450, policy: 'accept' })
      const forward = table.chain('forward', { type: 'filter', hook: 'forward', priority: 0, policy: 'accept' })
      const output = table.chain('output', { type: 'filter', hook: 'output', priority: 0, policy: 'accept' })
      const input = table.chain('input', { type: 'filter', hook: 'input', priority: 0, policy: 'accept' })
      const postrouting = table.chain('postrouting', { type: 'nat', hook: 'postrouting', priority: 'srcnat' })
      input.rule(iifname.eq('wan'), ct.state.any('new', 'invalid'), drop())
      mistake({ forward, output, first, postrouting })
      forward.rule(ct.state.any('invalid'), drop())
      forward.rule(ct.state.any('established', 'related'), accept())
      forward.rule(iifname.eq('wan'), drop())
      postrouting.rule(oifname.eq('wan'), masquerade())
      return rules
    },
  }
}

const careful: ReportSubject = { kind: 'nat', name: 'careful', nat: router(() => {}) }

interface Mistake {
  readonly what: string
  readonly breaks: readonly (readonly [Rfc, string])[]
  readonly nat?: NatOptions
  readonly sysctls?: Readonly<Record<string, number>>
}

const mistakes: readonly Mistake[] = [
  {
    what: 'a router that drops ICMP errors',
    breaks: [
      [4787, 'REQ-12b'],
      [5382, 'REQ-9'],
      [5508, 'REQ-4a'],
      [5508, 'REQ-5a'],
    ],
    nat: router(({ forward }) => forward.rule(icmp.type.ne('echo-request'), icmp.type.ne('echo-reply'), drop())),
  },
  {
    what: 'a router that believes errors of the server only',
    breaks: [[4787, 'REQ-12a']],
    nat: router(({ forward }) =>
      forward.rule(icmp.type.eq('destination-unreachable'), ip.saddr.ne('203.0.113.10'), drop()),
    ),
  },
  {
    what: 'a router that says nothing itself',
    breaks: [
      [4787, 'REQ-13'],
      [5508, 'REQ-10a.1'],
      [5508, 'REQ-10a.2'],
    ],
    nat: router(({ output }) => output.rule(meta.l4proto.eq('icmp'), drop())),
  },
  {
    what: 'a router that drops fragments',
    breaks: [[4787, 'REQ-14']],
    nat: router(({ first }) => first.rule(ip.fragOff.eq('0x2000-0x3fff'), drop())),
  },
  {
    what: 'a router that drops pings',
    breaks: [[5508, 'REQ-1']],
    nat: router(({ forward }) => forward.rule(icmp.type.eq('echo-request'), drop())),
  },
  {
    what: 'a router that drops resets',
    breaks: [
      [5382, 'REQ-2'],
      [7857, '§2.2a'],
    ],
    nat: router(({ forward }) => forward.rule(tcp.flags.any('rst'), drop())),
  },
  {
    what: 'a router that takes only SYNs from inside as beginnings, and no SYN as an answer',
    breaks: [[5382, 'REQ-2a']],
    nat: router(({ forward }) => forward.rule(iifname.eq('wan'), tcp.flags.of('syn', 'ack').are('syn'), drop())),
  },
  {
    what: 'a router that refuses strangers',
    breaks: [[5382, 'REQ-4']],
    nat: {
      rules: () => {
        const rules = new Ruleset()
        const table = rules.table('ip', 'rude')
        table
          .chain('input', { type: 'filter', hook: 'input', priority: 0, policy: 'accept' })
          .rule(iifname.eq('wan'), ct.state.any('new'), reject({ tcp: 'reset' }))
        table
          .chain('postrouting', { type: 'nat', hook: 'postrouting', priority: 'srcnat' })
          .rule(oifname.eq('wan'), masquerade())
        return rules
      },
    },
  },
  {
    what: 'a router that draws ports from the start of a range',
    breaks: [[4787, 'REQ-3a']],
    nat: router(({ postrouting }) =>
      postrouting.rule(oifname.eq('wan'), udp.sport.lt(1024), masquerade({ port: '5000-5999' })),
    ),
  },
  {
    what: 'a router with short timers',
    breaks: [
      [5508, 'REQ-2'],
      [4787, 'REQ-5'],
    ],
    sysctls: { 'net.netfilter.nf_conntrack_icmp_timeout': 59, 'net.netfilter.nf_conntrack_udp_timeout': 100 },
  },
]

/** Without the mistake these hold, given the timers. */
const timers = { 'net.netfilter.nf_conntrack_icmp_timeout': 60, 'net.netfilter.nf_conntrack_udp_timeout': 120 }

for (const { what, breaks, nat, sysctls } of mistakes) {
  test(`${what} is found out`, { timeout: 60_000 }, async () => {
    for (const [rfc, id] of breaks) {
      const sound = await examine({ ...careful, sysctls: timers }, rfc, id)
      assert.equal(sound.verdict, 'pass', `RFC ${rfc} ${id} without the mistake: ${sound.evidence.join('\n')}`)
      const subject = nat === undefined ? careful : ({ kind: 'nat', name: what, nat } as const)
      const { verdict, evidence } = await examine({ ...subject, sysctls: { ...timers, ...sysctls } }, rfc, id)
      assert.equal(verdict, 'fail', `RFC ${rfc} ${id}: ${evidence.join('\n')}`)
    }
  })
}

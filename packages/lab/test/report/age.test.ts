import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ReportSubject, sandbox } from '@sallyport/lab'
import { assign, ip, masquerade, oifname, Ruleset } from '@sallyport/nftables'
import { examine } from './support.ts'

await sandbox()

/** Masquerading with conntrack timers of its own (`ct timeout`), which no sysctl tells of. */
function withTimers(unreplied: number, replied: number): ReportSubject {
  const rules = (): Ruleset => {
    const made = new Ruleset()
    const table = made.table('ip', 'patient')
    const policy = table.ctTimeout('patient', { protocol: 'udp', policy: { unreplied, replied } })
    table
      .chain('timers', { type: 'filter', hook: 'prerouting', priority: 'filter', policy: 'accept' })
      .rule(ip.protocol.eq('udp'), assign(policy))
    table
      .chain('postrouting', { type: 'nat', hook: 'postrouting', priority: 'srcnat', policy: 'accept' })
      .rule(oifname.eq('wan'), masquerade())
    return made
  }
  return { kind: 'nat', name: 'patient', nat: { rules } }
}

test('the lifetime of a mapping is what the flow has, wherever it has it from', { timeout: 30_000 }, async () => {
  const enough = await examine(withTimers(300, 300), 4787, 'REQ-5c')
  assert.equal(enough.verdict, 'pass', enough.evidence.join('\n'))
  const short = await examine(withTimers(118, 300), 4787, 'REQ-5')
  assert.equal(short.verdict, 'fail')
  assert.match(short.evidence.at(-1)!, /^it lives 11[78] s, answered/)
})

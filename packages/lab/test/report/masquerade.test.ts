import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { type RfcReport, type RfcResult, runReport, sandbox } from '@sallyport/lab'
import { found, verdicts } from './support.ts'

await sandbox()

describe('plain masquerade', { timeout: 300_000 }, () => {
  let report: RfcReport
  const about = (id: string): RfcResult => report.requirements.find((each) => each.rfc === 4787 && each.id === id)!
  before(async () => {
    report = await runReport({ subject: { kind: 'nat', name: 'linux', nat: 'linux' }, rfcs: [4787, 5382, 5508] })
  })

  test('violates REQ-1, 3, 5, 9 and 11 of RFC 4787', () => {
    const expected = `
      REQ-1 -   REQ-2 o   REQ-3 -   REQ-3a +  REQ-4 -   REQ-5 -   REQ-5a o  REQ-5b +  REQ-5c -  REQ-6 +   REQ-6a +  REQ-7 -
      REQ-8 -   REQ-8a o  REQ-9 -   REQ-9a o  REQ-10 +  REQ-10a o REQ-11 -  REQ-12 +  REQ-12a + REQ-12b + REQ-13 +
      REQ-13a + REQ-14 +  REQ-14a -`
    assert.deepEqual(found(report, 4787), verdicts(expected))
  })

  test('violates REQ-1, 4, 5, 7 and 8 of RFC 5382', () => {
    const expected = `
      REQ-1 - REQ-2 + REQ-2a + REQ-3 - REQ-3a o REQ-3b o REQ-4 - REQ-4a o REQ-5 - REQ-5a + REQ-6 + REQ-7 - REQ-8 -
      REQ-8a o REQ-9 + REQ-10 +`
    assert.deepEqual(found(report, 5382), verdicts(expected))
  })

  test('violates REQ-2 of RFC 5508', () => {
    const { violations } = report.summary
    assert.deepEqual(
      violations.filter((name) => name.startsWith('RFC 5508')),
      ['RFC 5508 REQ-2'],
    )
  })

  test('is shown to share a port between two hosts', () => {
    assert.deepEqual(about('REQ-3').evidence, [
      'udp 192.168.1.10:41000 → 203.0.113.10:3478 seen as 203.0.113.1:41000',
      'udp 192.168.1.20:41000 → 203.0.113.20:3478 seen as 203.0.113.1:41000',
      'both hosts are 203.0.113.1:41000 to the world',
    ])
  })

  test('is shown to change a mapping when two hosts meet, and after an early probe', () => {
    const { evidence } = about('REQ-11')
    assert.ok(evidence.includes('two hosts on one port: destination-dependent mapping'), evidence.join('\n'))
    assert.ok(evidence.includes('after an early probe: destination-dependent mapping'), evidence.join('\n'))
  })

  test('is shown to forget after half a minute, and what to set is said', () => {
    const { evidence, advice } = about('REQ-5')
    assert.match(evidence.at(-1)!, /^it lives (29|30) s, answered (29|30) s; wanted are 120 s$/)
    assert.match(advice!, /nf_conntrack_udp_timeout_stream/)
  })
})

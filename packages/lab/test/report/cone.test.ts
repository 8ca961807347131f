import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type RfcReport, runReport, sandbox } from '@sallyport/lab'
import { loadConfig } from '@sallyport/router'
import { found, verdicts } from './support.ts'

await sandbox()

const file = fileURLToPath(new URL('../../../../examples/full-cone.yaml', import.meta.url))

describe("our router's full cone, examples/full-cone.yaml", { timeout: 300_000 }, () => {
  let report: RfcReport
  before(async () => {
    report = await runReport({ subject: { kind: 'config', name: 'full-cone.yaml', config: await loadConfig(file) } })
  })

  test('over UDP every MUST holds but REQ-7', () => {
    const expected = `
      REQ-1 +   REQ-2 o   REQ-3 +   REQ-3a -  REQ-4 -   REQ-5 +   REQ-5a o  REQ-5b +  REQ-5c +  REQ-6 +   REQ-6a +  REQ-7 -
      REQ-8 +   REQ-8a +  REQ-9 +   REQ-9a +  REQ-10 +  REQ-10a o REQ-11 +  REQ-12 +  REQ-12a + REQ-12b + REQ-13 +
      REQ-13a + REQ-14 +  REQ-14a +`
    assert.deepEqual(found(report, 4787), verdicts(expected))
  })

  test('over TCP every MUST holds', () => {
    const expected = `
      REQ-1 + REQ-2 + REQ-2a + REQ-3 + REQ-3a + REQ-3b o REQ-4 + REQ-4a + REQ-5 + REQ-5a + REQ-6 + REQ-7 + REQ-8 +
      REQ-8a + REQ-9 + REQ-10 +`
    assert.deepEqual(found(report, 5382), verdicts(expected))
  })

  test('for ICMP every MUST holds', () => {
    const expected = `
      REQ-1 +   REQ-1a -  REQ-2 +     REQ-2a +    REQ-3 +     REQ-3a -  REQ-3b +  REQ-3c +  REQ-3d +  REQ-4 +  REQ-4a +
      REQ-4b +  REQ-4c +  REQ-5 +     REQ-5a +    REQ-5b +    REQ-5c +  REQ-6 +   REQ-7 +   REQ-7a +  REQ-8 -  REQ-9 o
      REQ-10a.1 + REQ-10a.2 + REQ-10a.3 + REQ-10b + REQ-10c + REQ-10d - REQ-10e + REQ-10f + REQ-11 +`
    assert.deepEqual(found(report, 5508), verdicts(expected))
  })

  test('of the updates every MUST holds, and what does not is named', () => {
    const expected = `
      §2 - §2.1a + §2.1b + §2.2a + §2.2b + §3 o §4a ? §4b o §5 + §6 + §7 o §7.1 + §8 o §9 + §10 - §11 o §12 +`
    assert.deepEqual(found(report, 7857), verdicts(expected))
  })

  test('of those, REQ-7 is beyond rules; no other MUST is violated', () => {
    assert.deepEqual(report.summary.violations, [])
    assert.deepEqual(report.summary.limitations, ['RFC 4787 REQ-7'])
  })

  test('every verdict has evidence', () => {
    for (const { rfc, id, evidence } of report.requirements) assert.ok(evidence.length > 0, `RFC ${rfc} ${id}`)
  })
})

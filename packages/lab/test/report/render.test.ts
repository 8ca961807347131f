import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type RfcReport,
  type RfcResult,
  renderReport,
  reportJunit,
  reportMarkdown,
  reportResults,
} from '@sallyport/lab'

const common = { rfc: 4787, section: '4.1', method: 'as it is done', ms: 5 } as const

const holds: RfcResult = {
  ...common,
  id: 'REQ-1',
  level: 'MUST',
  title: 'it holds',
  verdict: 'pass',
  evidence: ['seen'],
}
const violated: RfcResult = {
  ...common,
  id: 'REQ-3',
  level: 'MUST NOT',
  title: 'it shares',
  verdict: 'fail',
  evidence: ['a | b'],
  advice: 'do not',
}
const excused: RfcResult = {
  ...common,
  id: 'REQ-7',
  level: 'MUST',
  title: 'it copes',
  verdict: 'fail',
  evidence: ['lost'],
  limitation: 'one route',
}
const advised: RfcResult = {
  ...common,
  id: 'REQ-4',
  level: 'RECOMMENDED',
  title: 'even | odd',
  verdict: 'fail',
  evidence: ['odd'],
}

const report: RfcReport = {
  subject: 'a router',
  requirements: [holds, violated, excused, advised],
  summary: {
    passed: 1,
    failed: 3,
    notApplicable: 0,
    notTestable: 0,
    violations: ['RFC 4787 REQ-3'],
    limitations: ['RFC 4787 REQ-7'],
  },
  started: '2026-11-20T10:00:00.000Z',
  ms: 1234,
}

test('the table shows evidence and remedies of failures, and tells violations from what Linux cannot', () => {
  assert.equal(
    renderReport(report),
    `a router

RFC 4787 (UDP)
  ✓ REQ-1     MUST        it holds
  ✗ REQ-3     MUST NOT    it shares
      a | b
      what to do: do not
  ✗ REQ-7     MUST        it copes
      lost
      why Linux cannot: one route
  ✗ REQ-4     RECOMMENDED even | odd
      odd

1 passed, 3 failed, 0 not applicable, 0 not testable, in 1.2 s
what Linux itself cannot: RFC 4787 REQ-7
what has to hold and does not: RFC 4787 REQ-3`,
  )
  const clean = { ...report.summary, violations: [], limitations: [] }
  assert.match(renderReport({ ...report, summary: clean }), /\nevery MUST holds$/)
  assert.match(renderReport({ ...report, summary: { ...clean, limitations: ['x'] } }), /\nevery other MUST holds$/)
  assert.match(renderReport(report, { evidence: true }), /it holds\n {6}seen\n/)
})

test('as results, a MUST that fails is a failed case, and what is excused is skipped with its reason', () => {
  const { cases } = reportResults(report)
  assert.deepEqual(
    cases.map(({ verdict, reason }) => [verdict, reason]),
    [
      ['ok', undefined],
      ['failed', undefined],
      ['skipped', 'one route'],
      ['skipped', 'fails, which RECOMMENDED allows'],
    ],
  )
  assert.match(reportJunit(report), /<testsuites [^>]*tests="4" failures="1"/)
})

test('the document has a row for each requirement, and cells that Markdown does not break', () => {
  const document = reportMarkdown(report)
  assert.match(
    document,
    /^# a router\n\n- 1 passed, 3 failed, .*\n- what Linux .*\n- what has to hold and does not: RFC 4787 REQ-3\n/,
  )
  assert.match(document, /^\| REQ-4 \| RECOMMENDED \| even \\\| odd \| fail \|$/m)
  assert.match(document, /^### REQ-3\n\n- a \| b\n- what to do: do not$/m)
})

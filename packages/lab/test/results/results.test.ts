import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type CaseResult,
  diffResults,
  parseResults,
  printResults,
  type Results,
  ResultsError,
  renderDiff,
  tally,
} from '../../src/results/index.ts'

const ok: CaseResult = { group: 'home × home', name: 'at once', verdict: 'ok', observed: 'through', ms: 12.5 }
const failed: CaseResult = {
  group: 'home × symmetric',
  name: 'at once',
  verdict: 'failed',
  expected: 'through',
  observed: 'blocked',
  evidence: ['home dropped it'],
  details: { trials: 20 },
  ms: 900,
}
const skipped: CaseResult = { group: 'RFC 4787', name: 'REQ-10', verdict: 'skipped', reason: 'no helpers', ms: 0 }
const run: Results = { name: 'matrix', started: '2026-11-21T02:00:00.000Z', ms: 1000, cases: [ok, failed, skipped] }

test('a document is read back as it was written', () => {
  assert.deepEqual(parseResults(printResults(run)), run)
  assert.deepEqual(tally(run.cases), { ok: 1, failed: 1, skipped: 1 })
})

test('a document that is none is refused, with the place of the mistake', () => {
  const refused = (text: string, message: RegExp): void =>
    assert.throws(
      () => parseResults(text),
      (error) => error instanceof ResultsError && message.test(error.message),
    )
  refused('{', /^results: no JSON/)
  refused('[]', /^results: is no object/)
  refused('{"cases":{}}', /^results\.cases: is no list/)
  const wrong = (change: object): string => JSON.stringify({ ...run, cases: [ok, { ...failed, ...change }] })
  refused(wrong({ verdict: 'perhaps' }), /^results\.cases\[1\]\.verdict: 'perhaps' is no verdict/)
  refused(wrong({ ms: -1 }), /^results\.cases\[1\]\.ms: is no number/)
  refused(wrong({ evidence: 'text' }), /^results\.cases\[1\]\.evidence: is no list of texts/)
})

test('two runs are compared case by case, times aside', () => {
  const added: CaseResult = { ...ok, group: 'hotel × home' }
  const cases = [
    { ...failed, ...ok, name: 'at once', verdict: 'failed' },
    { ...failed, verdict: 'ok', ms: 1 },
    added,
  ] as const
  const diff = diffResults(run, { ...run, cases })
  assert.equal(
    renderDiff(diff),
    [
      'broken   home × home, at once: ok (through) → failed (through)',
      'fixed    home × symmetric, at once: failed (blocked) → ok (blocked)',
      'added    hotel × home, at once: ok (through)',
      'removed  RFC 4787, REQ-10: skipped',
      '',
    ].join('\n'),
  )
  assert.equal(diff.same, 0)
})

test('another observation is a change, another time is none', () => {
  const after = { ...run, cases: [{ ...ok, ms: 99 }, { ...failed, observed: 'lost' }, skipped] }
  const diff = diffResults(run, after)
  assert.equal(diff.same, 2)
  assert.equal(renderDiff(diff), 'changed  home × symmetric, at once: failed (blocked) → failed (lost)\n')
})

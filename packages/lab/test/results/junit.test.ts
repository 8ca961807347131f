import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { needs, programPath } from '@sallyport/linux/testing'
import fc from 'fast-check'
import { type CaseResult, printJunit, type Results } from '../../src/results/index.ts'
import { type Element, parseXml } from './xml.ts'

const results: Results = {
  name: 'matrix',
  started: '2026-11-21T02:00:00.000Z',
  ms: 2500,
  cases: [
    { group: 'home × home', name: 'staggered', verdict: 'ok', ms: 250, evidence: ['a packet'] },
    {
      group: 'home × home',
      name: 'at once',
      verdict: 'failed',
      expected: 'through',
      observed: '"no way" <&>',
      evidence: ['home: dropped by\tudp dport 40000 drop', 'second line'],
      ms: 1250.4,
    },
    { group: 'RFC 4787', name: 'REQ-10', verdict: 'skipped', reason: 'no helper on this kernel', ms: 0 },
  ],
}

/** What junit-10.xsd of Jenkins' xUnit plugin allows: attributes (with `!`: required) and children. */
const schema: Readonly<Record<string, { readonly attributes: string; readonly children: string }>> = {
  testsuites: { attributes: 'name time tests failures errors', children: 'testsuite' },
  testsuite: {
    attributes: 'name! tests! failures! errors! group time skipped timestamp hostname id package file log url',
    children: 'testsuite properties testcase system-out system-err',
  },
  testcase: { attributes: 'name! time classname group', children: 'skipped error failure system-out system-err' },
  failure: { attributes: 'type message', children: '' },
  skipped: { attributes: 'type message', children: '' },
  'system-out': { attributes: '', children: '' },
}

function check(element: Element, path: string): void {
  const allowed = schema[element.name]
  assert.ok(allowed, `${path}: no element of the schema`)
  const attributes = allowed.attributes.split(' ')
  for (const name of Object.keys(element.attributes)) {
    assert.ok(attributes.includes(name) || attributes.includes(`${name}!`), `${path}: attribute '${name}'`)
  }
  for (const name of attributes.filter((each) => each.endsWith('!'))) {
    assert.ok(name.slice(0, -1) in element.attributes, `${path}: attribute '${name}' is missing`)
  }
  if (element.attributes.time !== undefined) assert.match(element.attributes.time, /^\d{1,}\.\d*$/)
  for (const child of element.children) {
    assert.ok(allowed.children.split(' ').includes(child.name), `${path}: child '${child.name}'`)
    check(child, `${path}/${child.name}`)
  }
}

test('the document has the elements and attributes that CI systems know', () => {
  const root = parseXml(printJunit(results))
  assert.equal(root.name, 'testsuites')
  check(root, 'testsuites')
  assert.deepEqual(root.attributes, { name: 'matrix', tests: '3', failures: '1', errors: '0', time: '2.500' })
  const [home, rfc] = root.children
  const expected = { name: 'home × home', tests: '2', failures: '1', errors: '0', skipped: '0', time: '1.500' }
  assert.deepEqual(home?.attributes, { ...expected, timestamp: '2026-11-21T02:00:00' })
  assert.equal(rfc?.children[0]?.children[0]?.attributes.message, 'no helper on this kernel')
})

test('a failure says what was expected and observed, and shows its evidence', () => {
  const failed = parseXml(printJunit(results)).children[0]?.children[1]
  const [failure] = failed?.children ?? []
  assert.equal(failure?.attributes.message, 'expected through, observed "no way" <&>')
  assert.equal(
    failure?.text,
    'expected through, observed "no way" <&>\nhome: dropped by\tudp dport 40000 drop\nsecond line',
  )
})

test('any text survives, but for characters that XML does not have', () => {
  const binary = fc.string({ unit: 'binary' })
  fc.assert(
    fc.property(binary, binary, binary, (name, observed, line) => {
      const only: CaseResult = { group: 'g', name, verdict: 'failed', observed, evidence: [line], ms: 1 }
      const [suite] = parseXml(printJunit({ ...results, cases: [only] })).children
      const [found] = suite?.children ?? []
      assert.equal(found?.attributes.name, inXml(name))
      assert.equal(found?.children[0]?.text, inXml(`expected something else, observed ${observed}\n${line}`))
    }),
    { numRuns: 500 },
  )
})

function inXml(text: string): string {
  const unknown = (code: number): boolean =>
    (code < 32 && ![9, 10, 13].includes(code)) || code === 0xfffe || code === 0xffff
  return Array.from(text.toWellFormed(), (each) => (unknown(each.codePointAt(0)!) ? '\ufffd' : each)).join('')
}

test('xmllint takes it for XML', needs({ xmllint: 'libxml2-utils' }), () => {
  const { status, stderr } = spawnSync(programPath('xmllint') ?? 'xmllint', ['--noout', '-'], {
    input: printJunit(results),
    encoding: 'utf8',
  })
  assert.equal(status, 0, stderr)
})

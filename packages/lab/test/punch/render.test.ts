import assert from 'node:assert/strict'
import test from 'node:test'
import { cellOf, type Trial } from '../../src/punch/cell.ts'
import { matrixHtml, matrixJson, matrixJunit, renderMatrix } from '../../src/punch/index.ts'
import type { Matrix } from '../../src/punch/matrix.ts'

const explanation = {
  what: "a's probe 1, 203.0.113.3:40000 → 203.0.113.4:40000, was dropped by home-b",
  packets: ["a's probe 1, 192.168.1.2:40000 → 203.0.113.4:40000, left as 203.0.113.3:40000: lost in the peer's router"],
  flows: { a: [], b: ['192.168.2.2:40000 → 203.0.113.3:40000, unanswered'] },
}

function trial(ok: boolean, expected: boolean | undefined, first: 'a' | 'b' = 'a'): Trial {
  return { first, ok, expected, ms: ok ? 1.23 : undefined, credible: true, explanation }
}

const theory = (open: boolean): { open: boolean; because: string } => ({ open, because: `b's filter says ${open}` })

const matrix: Matrix = {
  presets: [{ name: 'home', title: 'ports <kept>' }, { name: 'linux' }, { name: 'mine' }],
  staggers: [0],
  delay: 0,
  protocol: 'udp',
  trials: 2,
  cells: [
    cellOf({
      a: 'home',
      b: 'home',
      stagger: 0,
      theory: [theory(true)],
      trials: [trial(true, true), trial(true, true)],
    }),
    cellOf({
      a: 'home',
      b: 'linux',
      stagger: 0,
      theory: [theory(false), theory(true)],
      trials: [trial(false, false), trial(true, true, 'b')],
    }),
    cellOf({ a: 'home', b: 'mine', stagger: 0, theory: [undefined], trials: [trial(true, undefined)] }),
    cellOf({
      a: 'linux',
      b: 'linux',
      stagger: 0,
      theory: [theory(true)],
      trials: [trial(true, true), trial(false, true)],
    }),
    cellOf({ a: 'linux', b: 'mine', stagger: 0, theory: [undefined], trials: [trial(false, undefined)] }),
    cellOf({ a: 'mine', b: 'mine', stagger: 0, theory: [undefined], trials: [trial(true, undefined)] }),
  ],
  ok: false,
  started: '2026-11-21T02:00:00.000Z',
  ms: 1234,
}

test('a terminal shows a sign for every pair, and what broke those that are not as theory says', () => {
  const text = renderMatrix(matrix)
  assert.deepEqual(
    text
      .split('\n')
      .slice(2, 6)
      .map((line) => line.trimEnd()),
    ['            1   2   3', '   1 home   ✓   ~   ✓', '   2 linux      ~!  ✗', '   3 mine           ✓'],
  )
  assert.match(
    text,
    /linux \(a\) × linux \(b\): b at once: opened 1 of 2 times, after 1.2 ms \(worst 1.2\); theory says always/,
  )
  assert.match(text, /seen: {3}a's probe 1, 203.0.113.3:40000 → 203.0.113.4:40000, was dropped by home-b/)
  assert.match(text, /conntrack at b's router: 192.168.2.2:40000/)
  assert.match(text, /2 of 3 cells as theory says, 3 without a theory, in 1.2 s\n$/)
  assert.doesNotMatch(text, /home \(a\) × home \(b\)/)
})

test('every cell is explained when that is asked for', () => {
  const text = renderMatrix(matrix, { explain: true })
  assert.match(
    text,
    /home \(a\) × linux \(b\).*it depends on who is quicker\n {2}theory: b's filter says false\n {2}theory: b's filter says true/,
  )
  assert.match(text, /mine \(a\) × mine \(b\).*no theory without words of behaviour/)
})

test('marks do not move the columns', () => {
  const mark = (text: string): string => `<${text}>`
  const style = { heading: (text: string) => text, good: mark, bad: mark, middling: mark }
  const plain = renderMatrix(matrix, { style }).replaceAll(/<([^>]*)>/g, '$1')
  assert.equal(plain, renderMatrix(matrix))
})

test('JSON is the matrix, with its format', () => {
  const read = JSON.parse(matrixJson(matrix))
  assert.equal(read.format, 'sallyport punch matrix 1')
  assert.deepEqual(read.cells[1].observed, 'race')
  assert.equal(read.cells[3].explanation.what, explanation.what)
  assert.equal('theory' in read.cells[2], false)
})

test('HTML is one file that asks for nothing, with every text escaped and every link leading somewhere', () => {
  const html = matrixHtml(matrix)
  assert.doesNotMatch(html, /<script|<link|src=|url\(|https?:/)
  assert.match(html, /ports &lt;kept&gt;/)
  const links = [...html.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id)
  assert.equal(links.length, matrix.cells.length)
  for (const id of links) assert.ok(html.includes(`id="${id}"`), id)
  assert.match(html, /<details id="linux-linux-0" open>/)
})

test('JUnit fails the cell that is not as theory says, and skips those without a theory', () => {
  const xml = matrixJunit(matrix)
  assert.match(xml, /<testsuites name="hole punching over UDP" tests="6" failures="1"/)
  assert.match(xml, /<testsuite name="linux × linux" tests="1" failures="1"/)
  assert.equal([...xml.matchAll(/<skipped/g)].length, 3)
  assert.match(xml, /was dropped by home-b/)
})

test('a cell whose control packets were lost is not as theory says, whatever was seen', () => {
  const lost: Trial = { ...trial(false, false), credible: false }
  const cell = cellOf({ a: 'x', b: 'y', stagger: 0, theory: [theory(false)], trials: [lost] })
  assert.deepEqual([cell.theory, cell.observed, cell.agrees, cell.incredible], ['none', 'none', false, 1])
})

import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { everybody, labCommand } from './support/labs.ts'

// No sandbox here: the command makes its own.

const folder = mkdtempSync(join(tmpdir(), 'sallyport-matrix-'))
chmodSync(folder, 0o755) // an ordinary user writes there too
after(() => rmSync(folder, { recursive: true, force: true }))

/** An empty file that everybody may write. */
function file(name: string): string {
  const path = join(folder, name)
  writeFileSync(path, '')
  chmodSync(path, 0o666)
  return path
}

const quick = ['--presets', 'home,linux', '--trials', '2', '--stagger', '0,40ms']

for (const who of everybody) {
  test(`${who.name}: a matrix as JSON and nothing else, as a page and as test results`, { timeout: 60_000 }, () => {
    const [html, junit] = [file(`${who.name}.html`), file(`${who.name}.xml`)]
    const { status, stdout, stderr } = labCommand(['matrix', ...quick, '--json', '--html', html, '--junit', junit], who)
    assert.deepEqual([status, stderr], [0, ''])
    const { format, cells, staggers, ok } = JSON.parse(stdout)
    assert.deepEqual([format, cells.length, staggers, ok], ['sallyport punch matrix 1', 6, [0, 40], true])
    assert.match(readFileSync(html, 'utf8'), /6 of 6 cells as theory says/)
    assert.match(readFileSync(junit, 'utf8'), /<testsuite name="home × linux" tests="2" failures="0"/)
  })
}

test('a matrix for a person has no colours where nobody sees them, and names the packet when asked', () => {
  const { status, stdout } = labCommand(['matrix', ...quick, '--explain'])
  assert.equal(status, 0)
  assert.ok(!stdout.includes('\u001b'))
  assert.match(stdout, /1 home +✓✓ +~✗\n +2 linux +✗✗/)
  assert.match(stdout, /seen: +a's probe 1, \S+ → \S+, was kept by home-b as a flow to itself/)
})

test('what cannot be meant is bad usage, and an unknown NAT is refused with the names that there are', () => {
  for (const wrong of [
    ['--trials', '0'],
    ['--stagger', 'soon'],
    ['--protocol', 'sctp'],
    ['--presets', ','],
    ['--html', '/no/such/folder/matrix.html'],
    ['--junit', '/'],
  ])
    assert.equal(labCommand(['matrix', ...wrong]).status, 2)
  const { status, stderr } = labCommand(['matrix', '--presets', 'home,nope'])
  assert.deepEqual([status, /no NAT preset 'nope'; known: home, /.test(stderr)], [2, true], stderr)
})

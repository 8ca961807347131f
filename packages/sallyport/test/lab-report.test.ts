import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { everybody, labCommand } from './support/labs.ts'

// No sandbox here: the command makes its own.

const folder = mkdtempSync(join(tmpdir(), 'sallyport-report-'))
chmodSync(folder, 0o755) // an ordinary user writes there too
after(() => rmSync(folder, { recursive: true, force: true }))

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text, { mode: 0o644 })
  return path
}

for (const who of everybody) {
  test(`${who.name}: a MUST that fails is exit status 1, as JSON and as test results`, { timeout: 60_000 }, () => {
    const junit = file(`${who.name}.xml`, '')
    chmodSync(junit, 0o666)
    const args = ['report', '--preset', 'linux', '--rfc', '5382', '--json', '--junit', junit]
    const { status, stdout, stderr } = labCommand(args, who)
    assert.equal(stderr, '')
    assert.equal(status, 1)
    const { subject, requirements, summary } = JSON.parse(stdout)
    assert.deepEqual([subject, requirements.length], ['preset linux', 16])
    assert.ok(summary.violations.includes('RFC 5382 REQ-1'))
    assert.match(readFileSync(junit, 'utf8'), /<testsuite name="RFC 5382"/)
  })
}

test('nothing to examine, or several things, is bad usage', () => {
  for (const args of [[], ['--preset', 'linux', '--nft', 'x.nft']]) {
    const { status, stderr } = labCommand(['report', ...args])
    assert.deepEqual([status, /^sallyport: what is to be examined\?/.test(stderr)], [2, true], stderr)
  }
})

test('a preset, an RFC and a file that do not exist are bad usage', () => {
  assert.match(refused('--preset', 'linus'), /linus/)
  assert.match(refused('--preset', 'linux', '--rfc', '4788'), /There are 4787, 5382, 5508, 7857/)
  assert.match(refused('--nft', '/nowhere.nft'), /^sallyport: \/nowhere\.nft: the rules cannot be read \(ENOENT\)/)
  assert.match(refused('--config', '/nowhere.yaml'), /\/nowhere\.yaml/)
  assert.match(refused('--preset', 'linux', '--sysctl', 'x'), /NAME=VALUE/)
})

test('what would be ignored, or could not be written behind minutes of work, is bad usage', () => {
  assert.match(refused('--preset', 'linux', '--wan-address', '10.0.0.1/24'), /--wan-address is for --nft FILE/)
  assert.match(
    refused('--preset', 'linux', '--markdown', '/no/such/report.md'),
    /--markdown: .* cannot be written \(ENOENT/,
  )
  assert.match(refused('--preset', 'linux', '--junit', '/'), /--junit: \/ cannot be written \(it is a folder\)/)
})

test('a WAN and a LAN that no router can have are bad usage, and nothing is built', () => {
  const rules = file('mine.nft', 'table ip x { chain y { type nat hook postrouting priority srcnat\n} }\n')
  for (const [args, says] of [
    [['--lan-address', 'here'], /'here' is no IPv4 address with its prefix length; write one such as/],
    [['--lan-address', '192.168.1.1'], /'192\.168\.1\.1' is no IPv4 address with its prefix length/],
    [['--lan-address', '192.168.1.1/31'], /has no room for two hosts; give it a \/24/],
    [['--lan-address', '203.0.113.9/24'], /203\.0\.113\.9\/24 is in the network of the WAN address 203\.0\.113\.1\/24/],
    [['--wan-address', '203.0.113.1/30'], /leaves no room outside/],
    [['--wan', 'eth0', '--lan', 'eth0'], /eth0 is the WAN and the LAN/],
  ] as const)
    assert.match(refused('--nft', rules, ...args), says)
})

test('a config with a mistake, and a file that nft refuses, are bad usage in their own words', () => {
  assert.match(refused('--config', file('bad.yaml', 'wan: wan\nlam: {}\n')), /bad\.yaml:2:1/)
  assert.match(refused('--nft', file('bad.nft', 'table ip x { chain y { tcp dport ssh accep } }')), /syntax error/)
})

function refused(...args: string[]): string {
  const { status, stdout, stderr } = labCommand(['report', ...args])
  assert.deepEqual([status, stdout], [2, ''], stderr)
  return stderr
}

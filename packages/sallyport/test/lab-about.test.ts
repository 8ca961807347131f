import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { program } from './support/command.ts'
import { everybody, example, labCommand } from './support/labs.ts'

let folder: string
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-'))
})
after(() => rmSync(folder, { recursive: true }))

for (const who of everybody) {
  test(`${who.name}: the doctor finds that labs run here, and says what is used instead of what is lacking`, () => {
    const { status, stdout, stderr } = labCommand(['doctor', '--json'], who)
    assert.deepEqual([status, stderr], [0, ''])
    const { ok, findings } = JSON.parse(stdout)
    assert.equal(ok, true)
    const names = findings.map(({ name }: { name: string }) => name)
    for (const name of ['user namespaces', 'nf_tables with NAT', 'veth', 'AF_PACKET', 'netem', 'nsenter', 'tcpdump'])
      assert.ok(names.includes(name), name)
    for (const { ok: there, name, instead } of findings) assert.ok(there || instead !== undefined, name)
  })
}

test('without namespaces the doctor fails with 1, says what is missing and how to have it, and offers a profile', () => {
  // In a user namespace that may make no others: as on a machine where AppArmor, seccomp or a sysctl forbids them.
  const forbid = 'echo 0 > /proc/sys/user/max_user_namespaces; echo 0 > /proc/sys/user/max_net_namespaces; exec "$@"'
  const args = ['--user', '--map-root-user', 'sh', '-c', forbid, 'sh', process.execPath, program, 'lab', 'doctor']
  const { status, stdout, stderr } = spawnSync('unshare', args, { encoding: 'utf8' })
  assert.deepEqual([status, stderr], [1, ''])
  assert.match(stdout, /^MISSING {2}namespaces of our own +unshare: .*No space left on device/m)
  assert.match(stdout, /^Labs do not run here: see what is missing above\.$/m)
  assert.match(stdout, /^profile sallyport ".*" flags=\(unconfined\) \{$/m)
  const json = spawnSync('unshare', [...args, '--json'], { encoding: 'utf8' })
  const { ok, profile } = JSON.parse(json.stdout)
  assert.deepEqual([json.status, ok, profile.includes('userns,')], [1, false, true])
})

test('the presets are listed with grade, mapping and filtering, and in JSON with behaviour and devices', () => {
  const { status, stdout } = labCommand(['presets'])
  assert.equal(status, 0)
  assert.match(stdout, /^PRESET +GRADE +MAPPING +FILTERING +WHAT IT IS\n/)
  assert.match(stdout, /^full-cone +A +EI +EI +\S/m)
  assert.match(stdout, /^symmetric +D +APD +APD +\S/m)
  assert.match(stdout, /^udp-blocked +F +blocked +blocked +\S/m)
  const { presets } = JSON.parse(labCommand(['presets', '--json']).stdout)
  const home = presets.find(({ name }: { name: string }) => name === 'home')
  assert.deepEqual(
    [home.grade, home.mapping, home.behaviour.udp.mapping],
    ['B', ...Array(2).fill('endpoint-independent')],
  )
  assert.ok(home.devices.length > 0)
})

test('of one preset there is all: devices, words, and with --prove what was measured', () => {
  const { status, stdout, stderr } = labCommand(['presets', 'cgnat', '--prove'])
  assert.deepEqual([status, stderr], [0, ''])
  assert.match(stdout, /^cgnat, grade A: carrier-grade NAT/)
  assert.match(stdout, /^Stands for\n {2}\S/m)
  assert.match(stdout, /^ {2}udp +mapping: endpoint-independent, .*ports: 1024 to 65535$/m)
  assert.match(stdout, /^ {2}tcp +the same$/m)
  assert.match(stdout, /^ {2}yes {2}UDP mapping: endpoint-independent$/m)
  const unknown = labCommand(['presets', 'cgnta'])
  assert.deepEqual([unknown.status, /no NAT preset 'cgnta'; known: home/.test(unknown.stderr)], [2, true])
})

test('with --prove every preset is measured, and each is what it promises', () => {
  const { status, stdout, stderr } = labCommand(['presets', '--prove'])
  assert.deepEqual([status, stderr], [0, ''])
  assert.match(stdout, /^full-cone +A +EI +EI +yes, \d+ ms +\S/m)
})

test('a topology is drawn as a tree, as Mermaid and as SVG, without any privilege and with nothing built', () => {
  const draw = (...args: string[]): string => {
    const { status, stdout, stderr } = labCommand(['draw', example('hotel.yaml'), ...args], everybody.at(-1))
    assert.deepEqual([status, stderr], [0, ''])
    return stdout
  }
  assert.match(draw(), /^└─ hotel {2}\[symmetric\] {2}~ 40ms ±10ms, loss 2 % in bursts of 6, up: 2mbit, down: 20mbit$/m)
  assert.match(draw('--plain'), /^`- hotel {2}\[symmetric\]/m)
  assert.match(draw('--format', 'mermaid'), /^flowchart LR\n/)
  assert.match(draw('--format', 'svg'), /^<svg xmlns=/)
})

test('mistakes in a topology are all told, at their places, with exit status 2', () => {
  const path = join(folder, 'bad.yaml')
  writeFileSync(path, 'routers:\n  home: { nat: hoem, uplnk: {} }\n')
  for (const command of [['draw'], ['run']]) {
    const { status, stdout, stderr } = labCommand([...command, path])
    assert.deepEqual([status, stdout], [2, ''])
    assert.equal(
      stderr.replaceAll(path, 'FILE'),
      'sallyport: FILE:2:16: value "hoem" is not known; did you mean "home"?\n' +
        'sallyport: FILE:2:22: key "uplnk" is not known; did you mean "uplink"?\n',
    )
  }
})

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { NetworkNamespace, Route, readSysctl, sandbox, writeSysctl } from '../src/index.ts'

await sandbox()

test('a setting is that of the namespace the thread is in', () => {
  using namespace = NetworkNamespace.create()
  const before = readSysctl('net.ipv4.ip_forward')
  namespace.run(() => writeSysctl('net.ipv4.ip_forward', before === '1' ? 0 : 1))
  assert.equal(readSysctl('net.ipv4.ip_forward'), before)
  assert.equal(
    namespace.run(() => readSysctl('net.ipv4.ip_forward')),
    before === '1' ? '0' : '1',
  )
})

test('a link with a dot in its name is written with a slash, as sysctl(8) does', () => {
  using namespace = NetworkNamespace.create()
  using route = Route.open({ namespace })
  route.addBridge({ name: 'br.7' })
  namespace.run(() => writeSysctl('net.ipv4.conf.br/7.rp_filter', 2))
  assert.equal(
    namespace.run(() => readSysctl('net.ipv4.conf.br/7.rp_filter')),
    '2',
  )
})

test('a key that does not exist reads as undefined', () => {
  assert.equal(readSysctl('net.ipv4.no_such_key'), undefined)
  assert.equal(readSysctl('net.ipv4.ip_forward.deeper'), undefined)
})

test('a key that does not exist cannot be written, and the error names it', () => {
  assert.throws(() => writeSysctl('net.ipv4.no_such_key', 1), {
    name: 'SystemError',
    code: 'ENOENT',
    message: /^write sysctl net\.ipv4\.no_such_key=1: ENOENT: there is no such key/,
  })
})

test('a value that the kernel refuses is an error that names key and value', () => {
  assert.throws(() => writeSysctl('net.ipv4.ip_forward', 'perhaps'), {
    name: 'SystemError',
    code: 'EINVAL',
    message: /^write sysctl net\.ipv4\.ip_forward=perhaps: EINVAL/,
  })
})

test('without privilege over the namespace the error names the key and what is needed', () => {
  const script = `
    import { writeSysctl } from '${new URL('../src/index.ts', import.meta.url).href}'
    try { writeSysctl('net.ipv4.ip_forward', 1) } catch (error) { console.log(error.name, error.code, error.message) }`
  const node = [process.execPath, '--input-type=module', '--eval', script]
  const said = execFileSync('unshare', ['--user', '--map-current-user', ...node], { encoding: 'utf8' })
  assert.match(
    said,
    /^SystemError (EACCES|EPERM) write sysctl net\.ipv4\.ip_forward=1: \1: .*(run as root|namespace of your own)/,
  )
})

test('names that would lead out of /proc/sys are refused', () => {
  for (const name of ['', '.', 'a..b', 'net.//.x', 'net.\0']) {
    assert.throws(() => readSysctl(name), { name: 'RangeError' }, name)
  }
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NetlinkError, sandbox } from '@sallyport/linux'
import { type Finding, find, Missing, type Probe } from '../../src/doctor/finding.ts'
import { apparmorProfile, labsRun, probeKernel, probeOutside } from '../../src/doctor/index.ts'

await sandbox()

const probe: Probe = { group: 'kernel', name: 'x', required: true, instead: 'y', fix: 'z', run: () => 'done' }

test('this kernel has what labs need, and each thing that it lacks has a replacement', () => {
  const findings = probeKernel()
  assert.ok(labsRun(findings), JSON.stringify(findings.filter(({ ok, required }) => required && !ok)))
  for (const { name, ok, required, instead } of findings) assert.ok(ok || required || instead !== undefined, name)
})

test('the programs that a sandbox needs are found, and namespaces can be made', () => {
  const findings = new Map(probeOutside().map((finding) => [finding.name, finding]))
  for (const name of ['namespaces of our own', 'unshare', 'setpriv']) assert.equal(findings.get(name)?.ok, true, name)
})

test('what the system refuses is missing, in its own words, with what is used instead', () => {
  const refuse = (error: Error): Finding =>
    find({
      ...probe,
      run: () => {
        throw error
      },
    })
  const { ok, detail, instead, fix } = refuse(new Missing('no such program'))
  assert.deepEqual([ok, detail, instead, fix], [false, 'no such program', 'y', 'z'])
  assert.match(refuse(new NetlinkError({ operation: 'newlink a', errno: 95 })).detail, /^newlink a: EOPNOTSUPP/)
  assert.throws(() => refuse(new RangeError('a mistake of the probe itself')), RangeError)
})

test('what is there says what was done, and has no advice', () => {
  assert.deepEqual(find(probe), { group: 'kernel', name: 'x', required: true, ok: true, detail: 'done' })
})

test('labs do not run where something is missing that they need, and do where they can do without', () => {
  const missing = (required: boolean): Finding => ({ group: 'kernel', name: 'x', ok: false, required, detail: '' })
  assert.equal(labsRun([find(probe), missing(true)]), false)
  assert.equal(labsRun([find(probe), missing(false)]), true)
})

test('the AppArmor profile names the program in quotes, with what AppArmor takes for a pattern escaped', () => {
  assert.match(
    apparmorProfile('/opt/node [24]/node'),
    /^profile sallyport "\/opt\/node \\\[24\\\]\/node" flags=\(unconfined\) \{\n {2}userns,$/m,
  )
})

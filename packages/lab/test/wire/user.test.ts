import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import test from 'node:test'
import { fileURLToPath } from 'node:url'

// No sandbox here: the program makes its own, as who it is.

const program = fileURLToPath(new URL('support/wire-to-end.ts', import.meta.url))
const NOBODY = 65_534

test('a wire works for an ordinary user, who becomes root of a user namespace', () => {
  const user = process.getuid?.() === 0 ? { uid: NOBODY } : {}
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, 'dispose'], {
    encoding: 'utf8',
    cwd: '/',
    ...user,
  })
  assert.deepEqual([status, stderr], [0, ''])
  const { time } = JSON.parse(stdout)
  assert.ok(time >= 4.95, `a round trip over 5 ms took ${time} ms`)
})

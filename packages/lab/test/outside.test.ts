import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import test from 'node:test'
import { fileURLToPath } from 'node:url'

// No sandbox here: this is about programs that have none.

const program = fileURLToPath(new URL('support/lab-outside.ts', import.meta.url))
const root = process.getuid?.() === 0

/** As nobody, if we may become that; else as who we are. */
function run(options: { readonly uid?: number }): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [program], { encoding: 'utf8', cwd: '/', ...options })
}

test('an ordinary user outside a sandbox is told to enter one', () => {
  const { status, stderr } = run(root ? { uid: 65534 } : {})
  assert.equal(status, 1)
  assert.match(
    stderr,
    /a lab needs its own user namespace: put `await sandbox\(\)` before everything else, or run as root/,
  )
})

test('root needs no sandbox', { skip: !root && 'not root' }, () => {
  const { status, stdout, stderr } = run({})
  assert.deepEqual([status, stdout, stderr], [0, 'built\n', ''])
})

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import test from 'node:test'
import { fileURLToPath } from 'node:url'

// No sandbox here: this is about programs that have none.

const program = fileURLToPath(new URL('support/lab-outside.ts', import.meta.url))
const root = process.getuid?.() === 0

/** As nobody, if we may become that; else as who we are. */
function run(
  options: { readonly uid?: number },
  ...args: readonly string[]
): { status: number | null; stdout: string; stderr: string } {
  const cwd = fileURLToPath(new URL('..', import.meta.url))
  const { SALLYPORT_SANDBOX: _inside, ...env } = process.env
  return spawnSync(process.execPath, [...args, program], { encoding: 'utf8', cwd, env, ...options })
}

for (const [who, options, skip] of [
  ['root', {}, !root && 'not root'],
  ['an ordinary user', root ? { uid: 65534 } : {}, false],
] as const) {
  test(`a lab of ${who} outside of a sandbox enters one by itself`, { skip }, () => {
    const { status, stdout, stderr } = run(options)
    assert.deepEqual([status, stderr], [0, ''])
    assert.equal(stdout, 'before\nbefore\nbuilt in a namespace of its own\n')
  })

  test(`a program of ${who} that imports enter is inside from its first statement`, { skip }, () => {
    const { status, stdout, stderr } = run(options, '--import', '@sallyport/lab/enter')
    assert.deepEqual([status, stderr], [0, ''])
    assert.equal(stdout, 'before\nbuilt in a namespace of its own\n')
  })
}

test('tests that forgot to enter a sandbox all run inside, and a failed one is a failure', () => {
  const { NODE_TEST_CONTEXT: _context, ...env } = process.env
  const forgetful = fileURLToPath(new URL('support/forgetful.ts', import.meta.url))
  const { status, stdout } = spawnSync(process.execPath, ['--test', '--test-reporter=tap', forgetful], {
    encoding: 'utf8',
    env,
  })
  assert.equal(status, 1)
  assert.match(stdout, /^ok \d+ - has a lab$/m)
  assert.match(stdout, /^not ok \d+ - fails$/m)
  assert.match(stdout, /^# fail 1$/m)
})

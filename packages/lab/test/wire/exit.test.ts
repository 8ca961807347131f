import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import test from 'node:test'
import { fileURLToPath } from 'node:url'

// No sandbox here: each program makes its own.

const LIMIT = 5000

interface Ended {
  readonly code: number | null
  readonly signal: string | null
  readonly stderr: string
}

function start(file: string, ...args: readonly string[]): ChildProcess {
  const path = fileURLToPath(new URL(`support/${file}`, import.meta.url))
  return spawn(process.execPath, [path, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Once it has said that the wire works: how it ends, `LIMIT` milliseconds later at most. */
async function endOf(child: ChildProcess, whenReady: () => void = () => {}): Promise<Ended> {
  let stderr = ''
  child.stderr!.on('data', (text) => {
    stderr += text
  })
  const closed = once(child, 'close')
  await Promise.race([once(createInterface({ input: child.stdout! }), 'line'), closed])
  whenReady()
  const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT)
  const [code, signal] = await closed
  clearTimeout(timer)
  return { code, signal, stderr }
}

test('a program ends by itself once its wire is disposed of', async () => {
  assert.deepEqual(await endOf(start('wire-to-end.ts', 'dispose')), { code: 0, signal: null, stderr: '' })
})

test('a wire that is left open keeps no program alive', async () => {
  assert.deepEqual(await endOf(start('wire-left-open.ts')), { code: 0, signal: null, stderr: '' })
})

for (const how of ['exit', 'unopened']) {
  test(`process.exit ends a program with an open wire (${how})`, async () => {
    assert.deepEqual(await endOf(start('wire-to-end.ts', how)), { code: 7, signal: null, stderr: '' })
  })
}

test('an uncaught exception ends a program with an open wire', async () => {
  const { code, stderr } = await endOf(start('wire-to-end.ts', 'throw'))
  assert.equal(code, 1)
  assert.match(stderr, /on purpose/)
})

test('SIGKILL ends it like any other', async () => {
  const child = start('wire-to-end.ts', 'kill')
  const { signal } = await endOf(child, () => child.kill('SIGKILL'))
  assert.equal(signal, 'SIGKILL')
})

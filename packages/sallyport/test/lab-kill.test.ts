import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { program } from './support/command.ts'
import { everybody, example, hold, inner, labCommand } from './support/labs.ts'

// No sandbox here: the command makes its own, and this process looks for what is left of it from outside.

function ifThere<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined // processes come and go while one looks
  }
}

/** Processes whose command line has the marker in it, other than this one. */
function processesWith(marker: string): string[] {
  return readdirSync('/proc').filter(
    (pid) =>
      /^\d+$/.test(pid) &&
      pid !== String(process.pid) &&
      (ifThere(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')) ?? '').includes(marker),
  )
}

async function until(done: () => boolean, within = 20_000): Promise<void> {
  const end = performance.now() + within
  while (!done() && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 10))
}

for (const who of everybody) {
  test(`${who.name}: SIGKILL of lab run ends its program and what was run in nodes, and leaves no file`, async () => {
    const marker = `1000${randomInt(1e9)}`
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-kill-'))
    chmodSync(folder, 0o777)
    try {
      const line = `${inner(`exec alice -- sh -c 'echo entered; sleep ${marker}; :'`)} & sleep ${marker}; :`
      const args = ['run', '--name', `k${marker}`, example('two-homes.yaml'), '--', 'sh', '-c', line]
      const child = spawn(process.execPath, [program, 'lab', ...args], {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, TMPDIR: folder },
        ...who.options,
      })
      assert.deepEqual(await once(createInterface({ input: child.stdout! }), 'line'), ['entered'])
      spawn(process.execPath, [program, 'lab', 'exec', '--lab', `k${marker}`, 'bob', '--', 'sleep', marker], {
        stdio: 'ignore',
        ...who.options,
      })
      await until(() => processesWith(marker).filter((pid) => commandOf(pid) === `sleep ${marker}`).length === 3)
      assert.equal(processesWith(marker).filter((pid) => commandOf(pid) === `sleep ${marker}`).length, 3)
      assert.ok(labCommand(['list'], who).stdout.includes(`k${marker}`))
      child.kill('SIGKILL')
      await until(() => processesWith(marker).length === 0)
      assert.deepEqual(processesWith(marker).map(commandOf), [])
      assert.ok(!labCommand(['list'], who).stdout.includes(`k${marker}`))
      assert.deepEqual(readdirSync(folder), [])
      assert.deepEqual(
        readdirSync('/dev/shm').filter((name) => name.includes('sallyport')),
        [],
      )
    } finally {
      for (const pid of processesWith(marker)) process.kill(Number(pid), 'SIGKILL')
      rmSync(folder, { recursive: true })
    }
  })
}

function commandOf(pid: string): string {
  return (ifThere(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')) ?? '').split('\0').join(' ').trim()
}

test('SIGTERM to lab exec ends the program in the node, and not the lab', async () => {
  const marker = `2000${randomInt(1e9)}`
  await using held = await hold([example('two-homes.yaml'), '--name', `t${marker}`])
  const args = [
    'lab',
    'exec',
    '--lab',
    held.lab.id,
    'bob',
    '--',
    'sh',
    '-c',
    `trap 'exit 9' TERM; echo up; sleep ${marker} & wait`,
  ]
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  assert.deepEqual(await once(createInterface({ input: child.stdout! }), 'line'), ['up'])
  child.kill('SIGTERM')
  assert.deepEqual(await once(child, 'exit'), [9, null])
  assert.ok(labCommand(['list']).stdout.includes(`t${marker}`))
})

test('two labs of one name on the same addresses are two, and are told apart', async () => {
  await using one = await hold([example('two-homes.yaml'), '--name', 'twin'])
  await using two = await hold([example('two-homes.yaml'), '--name', 'twin'])
  assert.notEqual(one.lab.id, two.lab.id)
  const { status, stderr } = labCommand(['exec', '--lab', 'twin', 'bob', '--', 'true'])
  assert.equal(status, 1)
  assert.match(stderr, /^sallyport: 2 labs have a node 'bob'; say which: --lab twin@\d+ or twin@\d+\n$/)
  for (const { lab } of [one, two]) assert.equal(labCommand(['exec', '--lab', lab.id, 'bob', '--', 'true']).status, 0)
})

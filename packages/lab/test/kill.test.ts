import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import test from 'node:test'
import { fileURLToPath } from 'node:url'

// No sandbox here: the victim makes its own, and this process looks for what is left of it from outside.

const root = process.getuid?.() === 0
const NOBODY = 65534
const victim = fileURLToPath(new URL('support/lab-to-kill.ts', import.meta.url))

interface Running {
  readonly process: ChildProcess
  readonly marker: string
  readonly namespaces: readonly string[]
  /** Where it was started, and where its temporary files would be. */
  readonly directory: string
}

async function start(uid?: number): Promise<Running> {
  const marker = `1000${randomInt(1e9)}`
  const directory = mkdtempSync(join(tmpdir(), 'lab-to-kill-'))
  chmodSync(directory, 0o777)
  const process = spawn(globalThis.process.execPath, [victim, marker], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: directory,
    env: { ...globalThis.process.env, TMPDIR: directory, XDG_RUNTIME_DIR: directory, HOME: directory },
    ...(uid !== undefined && { uid, gid: uid }),
  })
  const [line] = await once(createInterface({ input: process.stdout! }), 'line')
  return { process, marker, directory, ...JSON.parse(line) }
}

/** Processes whose command line carries the marker, and processes that are in one of the namespaces. */
function leftOf({ marker, namespaces }: Running): string[] {
  return readdirSync('/proc').filter(
    (pid) => /^\d+$/.test(pid) && (commandOf(pid).includes(marker) || isIn(pid, namespaces)),
  )
}

function commandOf(pid: string): string {
  return ifThere(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')) ?? ''
}

function isIn(pid: string, namespaces: readonly string[]): boolean {
  return namespaces.includes(ifThere(() => readlinkSync(`/proc/${pid}/ns/net`)) ?? '')
}

/** Processes come and go while one looks, and those of other users are not shown. */
function ifThere<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

async function gone(running: Running, within = 20_000): Promise<void> {
  const end = performance.now() + within
  while (leftOf(running).length > 0 && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 5))
}

async function killTenTimes(uid?: number): Promise<void> {
  for (let round = 0; round < 10; round += 1) {
    const running = await start(uid)
    assert.ok(leftOf(running).length >= 7, 'the lab and its six programs are found while they run')
    assert.equal(running.namespaces.length, 9)
    running.process.kill('SIGKILL')
    await gone(running)
    const left = leftOf(running).map((pid) => `${pid} ${commandOf(pid)}`)
    assert.deepEqual(left, [], `round ${round}`)
    assert.deepEqual(readdirSync(running.directory), [], 'no file is left')
    rmSync(running.directory, { recursive: true })
  }
}

test('SIGKILL of a lab leaves no process, no namespace and no file, ten times', () => killTenTimes())

test('the same of an ordinary user, ten times', { skip: !root && 'not root: that is what the test above did' }, () =>
  killTenTimes(NOBODY),
)

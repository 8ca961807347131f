import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, readlinkSync } from 'node:fs'
import { test } from 'node:test'
import { explainRefusal } from '../src/sandbox/sandbox.ts'

// This file stays outside: it starts programs that go inside, and looks at what is left of them.

const INDEX = new URL('../src/index.ts', import.meta.url).href

/** Runs a module that begins with `await sandbox()`. Its text can use everything that the package exports. */
function program(body: string): string[] {
  const script = `import * as linux from '${INDEX}'\nawait linux.sandbox()\n${body}`
  return ['--input-type=module', '--eval', script]
}

function run(body: string, ...args: string[]): { stdout: string; stderr: string; status: number | null } {
  return spawnSync(process.execPath, [...program(body), ...args], { encoding: 'utf8' })
}

/** Starts one, and waits until it has said that it is ready. */
async function start(body: string): Promise<ChildProcess & { said: string }> {
  const child = spawn(process.execPath, program(body), { stdio: ['ignore', 'pipe', 'inherit'] })
  const [said] = await once(child.stdout, 'data')
  return Object.assign(child, { said: String(said) })
}

/** A process and the network namespace that it is in. */
interface Member {
  readonly pid: number
  readonly namespace: string
}

/** All processes that a process has started, and those that they have; in the numbers of the host's /proc. */
function descendants(pid: number): Member[] {
  return childrenOf(pid).flatMap((child) => {
    const namespace = namespaceOf(child)
    return namespace === undefined ? [] : [{ pid: child, namespace }, ...descendants(child)]
  })
}

function childrenOf(pid: number): number[] {
  const children = attempt(() => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')) ?? ''
  return children.split(' ').filter(Boolean).map(Number)
}

/** undefined: there is no such process (any more). */
function namespaceOf(pid: number): string | undefined {
  return attempt(() => readlinkSync(`/proc/${pid}/ns/net`))
}

function attempt<T>(fn: () => T): T | undefined {
  try {
    return fn()
  } catch {
    return undefined // the process has gone meanwhile
  }
}

async function eventually(claim: string, holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000
  while (!holds()) {
    assert.ok(performance.now() < deadline, `not within 20 s: ${claim}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

test('inside, the program is alone in new namespaces and has lo up', () => {
  const { stdout, stderr } = run(`
    using route = linux.Route.open()
    const { readlinkSync } = await import('node:fs')
    console.log(JSON.stringify({
      inside: linux.insideSandbox(), pid: process.pid, uid: process.getuid(), net: readlinkSync('/proc/self/ns/net'),
      links: route.links().map(({ name, up }) => [name, up]) }))`)
  const { net, ...rest } = JSON.parse(stdout || stderr)
  assert.deepEqual(rest, { inside: true, pid: 1, uid: 0, links: [['lo', true]] })
  assert.notEqual(net, readlinkSync('/proc/self/ns/net'))
})

test('arguments, environment, standard streams and exit status are those of the program', () => {
  process.env.SALLYPORT_TEST_MARK = 'kept'
  const { stdout, stderr, status } = run(
    'console.log(process.argv.slice(1), process.env.SALLYPORT_TEST_MARK); console.error("err"); process.exit(42)',
    'a b',
    '--c',
  )
  assert.deepEqual([stdout, stderr, status], ["[ 'a b', '--c' ] kept\n", 'err\n', 42])
})

test('an exception inside ends with status 1 and its stack on stderr', () => {
  const { stderr, status } = run('throw new Error("inside")')
  assert.equal(status, 1)
  assert.match(stderr, /Error: inside/)
})

test('standard input reaches the program', () => {
  const { stdout } = spawnSync(process.execPath, program('process.stdin.pipe(process.stdout)'), {
    input: 'through',
    encoding: 'utf8',
  })
  assert.equal(stdout, 'through')
})

test('a program started inside that asks for a sandbox, too, stays in this one', () => {
  const inner = program('console.log(process.pid > 1)').map((arg) => JSON.stringify(arg))
  const { stdout } = run(`
    const { execFileSync } = await import('node:child_process')
    process.stdout.write(execFileSync(process.execPath, [${inner}], { encoding: 'utf8' }))`)
  assert.equal(stdout, 'true\n')
})

test('SIGTERM ends a program without a handler, from outside', async () => {
  const child = await start('console.log("ready"); setInterval(() => {}, 1000)')
  child.kill('SIGTERM')
  assert.deepEqual(await once(child, 'exit'), [143, null])
})

test('SIGTERM reaches the handler of a program that has one', async () => {
  const child = await start(`
    process.on('SIGTERM', () => { console.log('handled'); process.exit(9) })
    console.log('ready')
    setInterval(() => {}, 1000)`)
  const said = once(child.stdout!, 'data')
  child.kill('SIGTERM')
  assert.equal(String(await said), 'handled\n')
  assert.deepEqual(await once(child, 'exit'), [9, null])
})

test('SIGTERM before the program inside has begun ends it, too', async () => {
  // It says which of the two it is; the one inside takes its time before it comes to the sandbox.
  const script = `import * as linux from '${INDEX}'
    console.log(linux.insideSandbox() ? 'inside' : 'outside')
    if (linux.insideSandbox()) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 4000)
    await linux.sandbox()`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const said of child.stdout) if (String(said).includes('inside')) child.kill('SIGTERM')
  assert.deepEqual([child.exitCode ?? (await once(child, 'exit'))[0], child.signalCode], [143, null])
})

/** Seven namespaces, two processes that sleep in each, a link between two; then a line on stdout. */
const city = `
  const { spawn } = await import('node:child_process')
  const namespaces = Array.from({ length: 7 }, () => linux.NetworkNamespace.create())
  for (const namespace of namespaces)
    namespace.run(() => spawn('sh', ['-c', 'sleep 1000 & sleep 1000'], { stdio: 'ignore', detached: true }))
  using route = linux.Route.open({ namespace: namespaces[0] })
  route.addVeth({ name: 'a', peer: { name: 'b', namespace: namespaces[1] } })
  console.log('ready')
  setInterval(() => {}, 1000)`

for (const [victim, choose] of [
  ['the program that was started', (pid: number) => pid],
  ['the launcher between', (pid: number) => childrenOf(pid)[0]!],
  ['the program inside', (pid: number) => childrenOf(childrenOf(pid)[0]!)[0]!],
] as const) {
  test(`SIGKILL of ${victim} leaves no process and no namespace`, async () => {
    const child = await start(city)
    const members = descendants(child.pid!).filter(({ namespace }) => namespace !== namespaceOf(process.pid))
    assert.equal(new Set(members.map(({ namespace }) => namespace)).size, 8)
    process.kill(choose(child.pid!), 'SIGKILL')
    await once(child, 'exit')
    // A namespace of which nobody is a member, and whose descriptors went with their owner, is no more.
    await eventually('everybody is gone', () => members.every(({ pid, namespace }) => namespaceOf(pid) !== namespace))
  })
}

test('without the right to make namespaces it says so, and ends with 1', () => {
  const limits = ['max_user_namespaces', 'max_net_namespaces'].map((limit) => `echo 0 > /proc/sys/user/${limit}`)
  const shell = `${limits.join(' && ')} && exec "$@"`
  const { stdout, stderr, status } = spawnSync(
    'unshare',
    ['--user', '--map-root-user', 'sh', '-c', shell, 'sh', process.execPath, ...program('console.log("never")')],
    { encoding: 'utf8' },
  )
  assert.deepEqual([stdout, status], ['', 1])
  assert.match(
    stderr,
    /^sallyport: cannot make namespaces \(.*\): user namespaces are switched off: run as root, or sysctl/,
  )
})

for (const [why, path, value, hint] of [
  [
    'Debian’s switch',
    '/proc/sys/kernel/unprivileged_userns_clone',
    '0',
    /sysctl -w kernel.unprivileged_userns_clone=1/,
  ],
  [
    'Ubuntu’s AppArmor',
    '/proc/sys/kernel/apparmor_restrict_unprivileged_userns',
    '1',
    /sysctl -w kernel.apparmor_restrict_unprivileged_userns=0/,
  ],
  ['a limit of none', '/proc/sys/user/max_user_namespaces', '0', /sysctl -w user.max_user_namespaces/],
  ['a container', '/proc/self/status', 'Name:\tnode\nSeccomp:\t2\n', /seccomp filter.*--privileged/],
] as const) {
  test(`a refusal because of ${why} is explained with what to do`, () => {
    assert.match(
      explainRefusal(false, (asked) => (asked === path ? value : undefined)),
      hint,
    )
  })
}

test('a refusal for no known reason still says what to try', () => {
  assert.match(
    explainRefusal(false, () => undefined),
    /run as root.*util-linux/,
  )
  assert.match(
    explainRefusal(true, () => undefined),
    /CAP_SYS_ADMIN/,
  )
})

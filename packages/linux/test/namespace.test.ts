import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readlinkSync } from 'node:fs'
import { test } from 'node:test'
import { NetworkNamespace, Route, sandbox } from '../src/index.ts'

await sandbox()

const here = (): string => readlinkSync('/proc/thread-self/ns/net')

test('a new namespace is another one, and the thread is back where it was', () => {
  const before = here()
  using namespace = NetworkNamespace.create()
  assert.equal(here(), before)
  assert.notEqual(`net:[${namespace.inode}]`, before)
  assert.equal(namespace.run(here), `net:[${namespace.inode}]`)
  assert.equal(here(), before)
})

test('run gives back what the function returns', () => {
  using namespace = NetworkNamespace.create()
  assert.equal(
    namespace.run(() => 42),
    42,
  )
})

test('run moves back when the function throws, and passes the error on', () => {
  const before = here()
  using namespace = NetworkNamespace.create()
  const error = new Error('inside')
  assert.throws(
    () =>
      namespace.run(() => {
        throw error
      }),
    (thrown) => thrown === error,
  )
  assert.equal(here(), before)
})

test('run nests', () => {
  using a = NetworkNamespace.create()
  using b = NetworkNamespace.create()
  const seen = a.run(() => [here(), b.run(here), here()])
  assert.deepEqual(seen, [`net:[${a.inode}]`, `net:[${b.inode}]`, `net:[${a.inode}]`])
})

test('run refuses asynchronous functions', () => {
  const before = here()
  using namespace = NetworkNamespace.create()
  assert.throws(() => namespace.run(async () => 42), /synchronous/)
  assert.equal(here(), before)
})

test('a child process started inside stays inside', () => {
  using namespace = NetworkNamespace.create()
  const link = namespace.run(() => execFileSync('readlink', ['/proc/self/ns/net'], { encoding: 'utf8' }))
  assert.equal(link.trim(), `net:[${namespace.inode}]`)
})

test('other programs enter by the path', () => {
  using namespace = NetworkNamespace.create()
  const link = execFileSync('nsenter', [`--net=${namespace.path}`, 'readlink', '/proc/self/ns/net'], {
    encoding: 'utf8',
  })
  assert.equal(link.trim(), `net:[${namespace.inode}]`)
})

test('a namespace is opened by the path of another', () => {
  using first = NetworkNamespace.create()
  using second = NetworkNamespace.open(first.path)
  assert.equal(second.inode, first.inode)
  assert.notEqual(second.fd, first.fd)
})

test('a path that leads nowhere is an error that names it', () => {
  assert.throws(() => NetworkNamespace.open('/run/netns/nobody'), /ENOENT.*\/run\/netns\/nobody/)
})

test('a path that leads to something else is refused before anything is done in it', () => {
  using notOne = NetworkNamespace.open('/dev/null')
  assert.throws(() => notOne.run(here), { name: 'SystemError', call: 'setns', code: 'EINVAL' })
})

test('disposing closes it, twice does no harm, and using it afterwards is an error', () => {
  const namespace = NetworkNamespace.create()
  const { path } = namespace
  namespace[Symbol.dispose]()
  namespace[Symbol.dispose]()
  assert.equal(existsSync(path), false)
  assert.throws(() => namespace.fd, /disposed/)
  assert.throws(() => namespace.run(here), /disposed/)
})

test('a disposed namespace takes its links along', async () => {
  using outside = Route.open()
  const namespace = NetworkNamespace.create()
  outside.addVeth({ name: 'near0', peer: { name: 'far0', namespace } })
  namespace[Symbol.dispose]()
  // The kernel takes namespaces down on a thread of its own.
  const deadline = performance.now() + 30_000
  while (outside.links().some(({ name }) => name === 'near0')) {
    assert.ok(performance.now() < deadline, 'the other end of the link is still there after 30 s')
    await new Promise((resolve) => setImmediate(resolve))
  }
})

test('namespaces work the same with a /proc of the new pid namespace', () => {
  const script = `
    import { NetworkNamespace } from '${new URL('../src/index.ts', import.meta.url).href}'
    import { execFileSync } from 'node:child_process'
    using namespace = NetworkNamespace.create()
    const link = ['readlink', '/proc/self/ns/net']
    const inside = namespace.run(() => execFileSync('readlink', ['/proc/self/ns/net'], { encoding: 'utf8' }))
    const entered = execFileSync('nsenter', ['--net=' + namespace.path, 'readlink', '/proc/self/ns/net'], { encoding: 'utf8' })
    console.log(process.pid, inside === entered && inside.includes(namespace.inode))`
  const node = [process.execPath, '--input-type=module', '--eval', script]
  for (const proc of [[], ['--mount-proc']]) {
    const { stdout, stderr } = spawnSync('unshare', ['--pid', '--fork', ...proc, ...node], { encoding: 'utf8' })
    // Without the right to mount proc (some containers), there is one way only.
    if (!stderr.includes('mount /proc failed')) assert.equal(stdout, '1 true\n', stderr)
  }
})

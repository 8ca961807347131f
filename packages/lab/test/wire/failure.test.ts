import assert from 'node:assert/strict'
import test from 'node:test'
import { NetworkNamespace, sandbox } from '@sallyport/linux'
import { Wire } from '../../src/wire/index.ts'
import { ThreadOwner } from '../../src/wire/thread-owner.ts'
import { impairment } from './support/impairment.ts'

await sandbox()

/** A thread that fails as soon as it starts: its socket is none. */
function failing(onFailure: (error: Error) => void): ThreadOwner {
  return new ThreadOwner({ seed: 1, socket: { fd: 0x7fff, slots: 8 }, onHappening: () => {}, onFailure })
}

test('an error in the thread is told to whoever waits for it, and to all who ask later', async () => {
  const thread = failing(() => assert.fail('somebody was waiting'))
  for (let times = 0; times < 2; times += 1) {
    await assert.rejects(thread.ask({ kind: 'overruns' }), ({ message, cause }: Error) => {
      assert.equal(message, 'the thread of the wire has failed')
      assert.match((cause as Error).message, /mmap: EBADF/)
      return true
    })
  }
  assert.throws(() => thread.tell({ kind: 'watch', on: true }), /has failed/)
  await thread.close()
})

test('an error in the thread that nobody waits for is told to the owner', async () => {
  const { promise, resolve } = Promise.withResolvers<Error>()
  const thread = failing(resolve)
  assert.match(((await promise).cause as Error).message, /EBADF/)
  await thread.close()
})

test('a wire that was disposed of refuses cables, and is disposed of again in vain', async () => {
  using namespace = NetworkNamespace.create()
  const wire = Wire.open()
  await wire[Symbol.asyncDispose]()
  await wire[Symbol.asyncDispose]()
  const end = { namespace, interface: 'eth0' }
  const [aToB, bToA] = [impairment(), impairment()]
  assert.throws(() => wire.plug({ name: 'late', a: end, b: end, aToB, bToA }), /has been disposed of/)
})

test('an idle wire takes no processor time, and none to mention while nothing crosses', async () => {
  await using wire = Wire.open()
  await wire.ready()
  const before = process.cpuUsage()
  await new Promise((resolve) => setTimeout(resolve, 500))
  const { user, system } = process.cpuUsage(before)
  assert.ok(user + system < 50_000, `${(user + system) / 1000} ms in half a second`)
})

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import * as libc from '../src/system/libc.ts'
import { cancelWait, readable, writable } from '../src/system/readiness.ts'

test('a descriptor becomes readable, for one wait', async () => {
  const fd = libc.eventfd()
  const waiting = readable(fd)
  libc.signalEvent(fd)
  assert.equal(await waiting, true)
  libc.clearEvent(fd)
  assert.equal(await readable(fd, 5), false)
  libc.close(fd)
})

test('what can be written to is ready at once', async () => {
  const fd = libc.eventfd()
  assert.equal(await writable(fd), true)
  libc.close(fd)
})

test('an event of a closed descriptor does not end the wait of the next one with its number', async () => {
  const first = libc.eventfd()
  const waiting = readable(first)
  libc.signalEvent(first)
  // The poller sees the event now, while this thread is busy:
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50)
  cancelWait(first)
  libc.close(first)
  const second = libc.eventfd()
  assert.equal(second, first)
  assert.deepEqual([await waiting, await readable(second, 50)], [false, false])
  libc.close(second)
})

test('many waits come and go in any order', async () => {
  const fds = Array.from({ length: 200 }, () => libc.eventfd())
  const waits = fds.map((fd, i) => readable(fd, i % 3 === 0 ? 10 : undefined))
  for (const [i, fd] of fds.entries()) {
    if (i % 3 === 1) libc.signalEvent(fd)
    if (i % 3 === 2) cancelWait(fd)
  }
  assert.deepEqual(
    await Promise.all(waits),
    fds.map((_, i) => i % 3 === 1),
  )
  for (const fd of fds) libc.close(fd)
})

test('a wait for something that cannot be waited for is a SystemError', () => {
  assert.throws(() => readable(-1), { name: 'SystemError', call: 'epoll_ctl', code: 'EBADF' })
})

for (const [how, end] of [
  ['terminated', (worker: Worker) => worker.terminate()],
  ['told to exit', (worker: Worker) => worker.postMessage('exit')],
] as const) {
  test(`a worker with a pending wait ends when it is ${how}`, { timeout: 10_000 }, async () => {
    const script = `
      import { parentPort } from 'node:worker_threads'
      import { openNetlink } from '${new URL('../src/index.ts', import.meta.url).href}'
      openNetlink(0).wait()
      parentPort.on('message', () => process.exit(1))
      parentPort.postMessage('waiting')`
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(script)}`))
    await once(worker, 'message')
    const exited = once(worker, 'exit')
    void end(worker)
    assert.deepEqual(await exited, [1])
  })
}

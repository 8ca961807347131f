import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  acceptTcp,
  closeDescriptor,
  connectError,
  connectTcp,
  EAGAIN,
  ECONNREFUSED,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  Epoll,
  endSending,
  listenTcp,
  localEndpoint,
  openTcp,
  resetDescriptor,
  StreamBuffer,
  sandbox,
  sendBytes,
  sendFrom,
  setNoDelay,
  streamPair,
} from '@sallyport/linux'

await sandbox()

const PATIENCE = 10_000
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString()

/** Waits on this thread; gives what happened. */
function wait(fd: number, kinds: number): number {
  using epoll = new Epoll(1)
  epoll.add(fd, 1, kinds)
  assert.equal(epoll.wait(PATIENCE), 1)
  return epoll.kinds(0)
}

/** Two ends of a TCP connection, without an event loop. */
function connection(address: string): { near: number; far: number; [Symbol.dispose](): void } {
  const listener = openTcp({ address })
  listenTcp(listener)
  assert.equal(acceptTcp(listener), undefined)
  const near = openTcp({ address })
  assert.equal(connectTcp(near, localEndpoint(listener)), 0)
  wait(near, EPOLLOUT)
  assert.equal(connectError(near), 0)
  const accepted = acceptTcp(listener)
  assert.ok(accepted !== undefined && accepted !== 'full')
  assert.deepEqual(accepted.remote, localEndpoint(near))
  closeDescriptor(listener)
  setNoDelay(near)
  const dispose = (): void => [near, accepted.fd].forEach(closeDescriptor)
  return { near, far: accepted.fd, [Symbol.dispose]: dispose }
}

for (const address of ['127.0.0.1', '::1']) {
  test(`${address}: a stream is received at one place and goes on from another, and ends each way by itself`, () => {
    using one = connection(address)
    using two = connection(address)
    const buffer = new StreamBuffer(64)
    assert.equal(buffer.receive(one.far, 0, 64), -EAGAIN)
    assert.equal(sendBytes(one.near, Buffer.from('some words')), 10)
    wait(one.far, EPOLLIN)
    assert.equal(buffer.receive(one.far, 20, 4), 4)
    assert.equal(buffer.receive(one.far, 24, 1000), 6)
    assert.equal(text(buffer.bytes.subarray(20, 30)), 'some words')
    assert.equal(sendFrom(buffer, two.near, 25, 5), 5)
    endSending(two.near)
    wait(two.far, EPOLLIN)
    assert.equal(buffer.receive(two.far, 0, 64), 5)
    assert.equal(text(buffer.bytes.subarray(0, 5)), 'words')
    assert.equal(buffer.receive(two.far, 0, 64), 0)
    assert.equal(sendBytes(two.far, Buffer.from('an answer')), 9)
    wait(two.near, EPOLLIN)
    assert.equal(buffer.receive(two.near, 0, 64), 9)
  })
}

test('a stream takes as much as there is room for, and the rest another time', () => {
  using both = connection('127.0.0.1')
  const buffer = new StreamBuffer(1 << 20)
  let sent = 0
  let result = 0
  for (; result >= 0; result = sendFrom(buffer, both.near, 0, 1 << 20)) sent += result
  assert.equal(result, -EAGAIN)
  let received = 0
  while (received < sent) {
    wait(both.far, EPOLLIN)
    received += buffer.receive(both.far, 0, 1 << 20)
  }
  assert.equal(received, sent)
})

test('nobody listens: the attempt tells so', () => {
  const taken = openTcp({ address: '127.0.0.1' })
  const fd = openTcp({ address: '127.0.0.1' })
  const begun = connectTcp(fd, localEndpoint(taken))
  if (begun === 0) wait(fd, EPOLLOUT)
  assert.equal(begun === 0 ? connectError(fd) : begun, ECONNREFUSED)
  closeDescriptor(fd)
  closeDescriptor(taken)
})

test('a reset cuts the other end off', () => {
  const both = connection('127.0.0.1')
  resetDescriptor(both.near)
  assert.ok(wait(both.far, EPOLLIN) & EPOLLHUP)
  assert.ok(new StreamBuffer(8).receive(both.far, 0, 8) < 0)
  closeDescriptor(both.far)
})

test('a pair are each other’s other end', () => {
  const [left, right] = streamPair()
  const buffer = new StreamBuffer(8)
  assert.equal(sendBytes(left, Buffer.from('hello')), 5)
  assert.equal(buffer.receive(right, 0, 8), 5)
  assert.equal(text(buffer.bytes.subarray(0, 5)), 'hello')
  closeDescriptor(left)
  assert.ok(wait(right, EPOLLIN) & EPOLLHUP)
  assert.equal(buffer.receive(right, 0, 8), 0)
  assert.ok(sendBytes(right, Buffer.from('x')) < 0)
  closeDescriptor(right)
})

test('interest can change: who is full is not told of what comes, until it wants to hear again', () => {
  const [left, right] = streamPair()
  using epoll = new Epoll(1)
  epoll.add(right, 7, 0)
  sendBytes(left, Buffer.from('hello'))
  assert.equal(epoll.wait(0), 0)
  epoll.change(right, 7, EPOLLIN)
  assert.equal(epoll.wait(PATIENCE), 1)
  assert.deepEqual([epoll.ticket(0), epoll.kinds(0)], [7, EPOLLIN])
  closeDescriptor(left)
  closeDescriptor(right)
})

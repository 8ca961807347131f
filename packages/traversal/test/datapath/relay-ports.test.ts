import assert from 'node:assert/strict'
import { test } from 'node:test'
import { closeDescriptor, sandbox } from '@sallyport/linux'
import { RelayPorts } from '../../src/datapath/index.ts'

await sandbox()

/** What ports are opened until there is none any more, in a range of forty whose dice always fall the same way. */
function drawn(even?: 'alone' | 'with next'): number[][] {
  const ports = new RelayPorts({ min: 50_000, max: 50_039 }, () => 0.5)
  const opened: number[][] = []
  using descriptors = new DisposableStack()
  for (;;) {
    const bound = ports.open('127.0.0.1', even)
    if (bound.length === 0) return opened.sort()
    for (const { fd } of bound) descriptors.defer(() => closeDescriptor(fd))
    opened.push(bound.map(({ port }) => port))
  }
}

const numbers = Array.from({ length: 40 }, (_, n) => 50_000 + n)

test('every port of a range is found before there is none', () => {
  const each = numbers.map((port) => [port])
  assert.deepEqual(drawn(), each)
})

test('and every even one, alone and with the next', () => {
  const even = numbers.filter((port) => port % 2 === 0)
  const alone = even.map((port) => [port])
  assert.deepEqual(drawn('alone'), alone)
  const pairs = even.map((port) => [port, port + 1])
  assert.deepEqual(drawn('with next'), pairs)
})

test('an address that the machine does not have is no port, at once', () => {
  let draws = 0
  const random = (): number => {
    draws += 1
    return 0
  }
  assert.deepEqual(new RelayPorts({ min: 50_000, max: 60_000 }, random).open('192.0.2.1', undefined), [])
  assert.equal(draws, 1)
})

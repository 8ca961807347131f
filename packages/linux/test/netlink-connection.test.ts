import assert from 'node:assert/strict'
import { test } from 'node:test'
import { attributes, text, Writer } from '../src/bytes/index.ts'
import { Connection } from '../src/netlink/connection.ts'
import { NetlinkError, refusal } from '../src/netlink/error.ts'
import { encodeMessage, parseMessages, writeMessage } from '../src/netlink/header.ts'
import type { Transport } from '../src/netlink/transport.ts'
import { SystemError } from '../src/system/errno.ts'
import { hex } from '../src/testing/index.ts'

/** A kernel that answers each datagram with what the script says, by the sequence number of its first message. */
function scripted(...script: ((sequence: number) => (Uint8Array | Error)[])[]): Transport & { sent: Uint8Array[] } {
  const queue: (Uint8Array | Error)[] = []
  const sent: Uint8Array[] = []
  return {
    portId: 1234,
    sent,
    send: (datagram) => {
      sent.push(datagram)
      queue.push(...(script[sent.length - 1]?.([...parseMessages(datagram)][0]!.sequence) ?? []))
    },
    receive: () => {
      const next = queue.shift()
      if (next instanceof Error) throw next
      return next
    },
    wait: async () => queue.length > 0,
    join: () => {},
    [Symbol.dispose]: () => {},
  }
}

const NEW = 16
const content = (sequence: number, body: number, flags = 0): Uint8Array =>
  encodeMessage({ type: NEW, flags, sequence, portId: 1234, body: Uint8Array.of(body) })
const done = (sequence: number, status = 0, flags = 0): Uint8Array =>
  encodeMessage({ type: 3, flags: 2 | flags, sequence, portId: 1234, body: (out) => out.u32(status >>> 0) })

/** NLMSG_ERROR: capped, with the given details. */
function verdict(sequence: number, errno: number, details: Uint8Array = new Uint8Array()): Uint8Array {
  return encodeMessage({
    type: 2,
    flags: 0x300,
    sequence,
    portId: 1234,
    body: (out) => {
      out.u32(-errno >>> 0)
      writeMessage(out, { type: NEW, flags: 5, sequence, body: new Uint8Array() })
      out.bytes(details)
    },
  })
}

const request = { operation: 'newthing', type: NEW, body: Uint8Array.of(1, 2, 3, 4) }

test('a request is sent with REQUEST and ACK, and returns its answers without the acknowledgement', () => {
  const kernel = scripted((n) => [content(n, 42), verdict(n, 0)])
  const answers = new Connection(kernel).request({ ...request, flags: 0x400 })
  assert.deepEqual(
    answers.map(({ type, body }) => [type, ...body]),
    [[NEW, 42]],
  )
  assert.equal([...parseMessages(kernel.sent[0]!)][0]!.flags, 0x405)
})

test('messages about other requests are not taken for an answer', () => {
  const kernel = scripted((n) => [content(n + 7, 1), verdict(n + 7, 2), content(n, 42), verdict(n, 0)])
  assert.deepEqual(
    new Connection(kernel).request(request).map(({ body }) => [...body]),
    [[42]],
  )
})

test('a refused request names operation, errno, attribute, the kernel’s words and the hint', () => {
  const codec = attributes<{ name?: string }>('thing', { name: [1, text, 'THING_NAME'] })
  const details = hex`
    0c 00 01 00  74 6f 6f 20 62 69 67 00 | NLMSGERR_ATTR_MSG   'too big'
    08 00 02 00  10 00 00 00             | NLMSGERR_ATTR_OFFS  16: right behind the header
  `
  const connection = new Connection(scripted((n) => [verdict(n, 17, details)]))
  const body = codec.encode({ name: 'x' })
  assert.throws(
    () => connection.request({ ...request, body, pathAt: codec.pathAt, hints: { EEXIST: 'take another' } }),
    (error) => {
      assert.ok(error instanceof NetlinkError)
      assert.equal(error.message, 'newthing: EEXIST at THING_NAME: too big; take another')
      assert.deepEqual(
        { ...error },
        {
          name: 'NetlinkError',
          operation: 'newthing',
          errno: 17,
          code: 'EEXIST',
          attribute: 'THING_NAME',
          detail: 'too big',
          hint: 'take another',
        },
      )
      return true
    },
  )
})

test('a refusal without further details still has a sentence', () => {
  const plain = refusal({ sequence: 1, errno: 22 }, request)
  assert.equal(plain.message, 'newthing: EINVAL: invalid argument')
  const forbidden = refusal({ sequence: 1, errno: 1 }, request)
  assert.match(forbidden.message, /^newthing: EPERM: needs CAP_NET_ADMIN/)
  const missing = refusal({ sequence: 1, errno: 22, missingType: 3 }, request)
  assert.equal(missing.message, 'newthing: EINVAL: attribute 3 is missing')
})

test('an offset that points into the netlink header names no attribute', () => {
  assert.equal(
    refusal({ sequence: 1, errno: 22, offset: 4 }, { ...request, pathAt: () => ['wrong'] }).attribute,
    undefined,
  )
})

test('a kernel that says nothing at all is an error, not an empty answer', () => {
  assert.throws(() => new Connection(scripted()).request(request), /newthing: EIO: the kernel answered with no acknowl/)
  assert.throws(() => new Connection(scripted((n) => [content(n, 1)])).dump(request), /a dump without NLMSG_DONE/)
})

test('a dump is collected over all of its parts until NLMSG_DONE', () => {
  const kernel = scripted((n) => [
    Uint8Array.from([...content(n, 1, 2), ...content(n, 2, 2)]),
    content(n, 3, 2),
    done(n),
  ])
  assert.deepEqual(
    new Connection(kernel).dump(request).map(({ body }) => body[0]),
    [1, 2, 3],
  )
  assert.equal([...parseMessages(kernel.sent[0]!)][0]!.flags, 0x301)
})

test('a negative status in NLMSG_DONE is an error', () => {
  const kernel = scripted((n) => [content(n, 1, 2), done(n, -16)])
  assert.throws(() => new Connection(kernel).dump(request), { name: 'NetlinkError', code: 'EBUSY', errno: 16 })
})

test('a dump that the kernel calls interrupted is taken again as a whole', () => {
  const DUMP_INTR = 0x10
  const kernel = scripted(
    (n) => [content(n, 1, 2), content(n, 2, 2 | DUMP_INTR), done(n)],
    (n) => [content(n, 1, 2), done(n, 0, DUMP_INTR)],
    (n) => [content(n, 1, 2), content(n, 3, 2), done(n)],
  )
  assert.deepEqual(
    new Connection(kernel).dump(request).map(({ body }) => body[0]),
    [1, 3],
  )
  assert.equal(kernel.sent.length, 3)
})

test('a dump that is interrupted every time is given up, and the error says so', () => {
  const kernel = scripted(...Array.from({ length: 100 }, () => (n: number) => [done(n, 0, 0x10)]))
  assert.throws(() => new Connection(kernel).dump(request), {
    code: 'EINTR',
    message: /newthing: EINTR: the tables changed during each of 10 attempts/,
  })
  assert.equal(kernel.sent.length, 10)
})

test('of a batch, every refused message is reported by its sequence number', () => {
  const kernel = scripted((n) => [verdict(n, 0), content(n + 1, 42), verdict(n + 1, 2), verdict(n + 2, 17)])
  const connection = new Connection(kernel)
  const first = connection.sequences(3)
  const out = new Writer()
  for (const i of [0, 1, 2]) writeMessage(out, { type: NEW, flags: 1, sequence: first + i, body: request.body })
  const { messages, errors } = connection.exchange(out.finish())
  assert.deepEqual(
    messages.map(({ body }) => [...body]),
    [[42]],
  )
  assert.deepEqual(
    errors.map(({ sequence, errno }) => [sequence - first, errno]),
    [
      [1, 2],
      [2, 17],
    ],
  )
})

test('sequence numbers go on from call to call', () => {
  const connection = new Connection(scripted())
  assert.deepEqual([connection.sequences(), connection.sequences(10), connection.sequences()], [1, 2, 12])
})

test('sequence numbers start again at 1 before they run out of 32 bits', () => {
  const connection = new Connection(scripted())
  connection.sequences(0xfffffff0)
  assert.equal(connection.sequences(5), 0xfffffff1)
  assert.equal(connection.sequences(100), 1)
})

test('lost answers are an error, and what they leave behind is not taken for the next answer', () => {
  const kernel = scripted(
    () => [new SystemError('recv', 105), content(2, 1), verdict(2, 99)],
    (n) => [content(n, 42), verdict(n, 0)],
  )
  const connection = new Connection(kernel)
  assert.throws(() => connection.exchange(encodeMessage({ ...request, flags: 0, sequence: 1 })), { code: 'ENOBUFS' })
  const { messages, errors } = connection.exchange(encodeMessage({ ...request, flags: 0, sequence: 2 }))
  assert.deepEqual([messages.length, messages[0]?.body[0], errors.length], [1, 42, 0])
})

test('a streamed dump is handed over before the kernel is asked for the rest of it', () => {
  const kernel = scripted((n) => [content(n, 1, 2), content(n, 2, 2), done(n)])
  let received = 0
  const { receive } = kernel
  kernel.receive = () => {
    received += 1
    return receive()
  }
  const seen: unknown[] = []
  for (const { body } of new Connection(kernel).stream(request)) seen.push([body[0], received])
  assert.deepEqual(seen, [
    [1, 1],
    [2, 2],
  ])
  assert.equal([...parseMessages(kernel.sent[0]!)][0]!.flags, 0x301)
})

test('a streamed dump says at its end that it was interrupted, since what it gave cannot be taken back', () => {
  const kernel = scripted((n) => [content(n, 1, 2 | 0x10), done(n)])
  const seen: unknown[] = []
  assert.throws(
    () => {
      for (const { body } of new Connection(kernel).stream(request)) seen.push(body[0])
    },
    { code: 'EINTR', message: /^newthing: EINTR: the tables changed while they were read/ },
  )
  assert.deepEqual(seen, [1])
})

test('a streamed dump that the kernel refuses, or does not end, is an error', () => {
  assert.throws(() => [...new Connection(scripted((n) => [verdict(n, 2)])).stream(request)], { code: 'ENOENT' })
  assert.throws(() => [...new Connection(scripted((n) => [done(n, -16)])).stream(request)], { code: 'EBUSY' })
  assert.throws(() => [...new Connection(scripted((n) => [content(n, 1)])).stream(request)], /without NLMSG_DONE/)
})

test('a stream may be left early: the rest of it is not taken for the next answer', () => {
  const kernel = scripted(
    (n) => [content(n, 1, 2), content(n, 2, 2), done(n)],
    (n) => [content(n, 42), verdict(n, 0)],
  )
  const connection = new Connection(kernel)
  for (const { body } of connection.stream(request)) {
    assert.equal(body[0], 1)
    break
  }
  assert.deepEqual(
    connection.request(request).map(({ body }) => body[0]),
    [42],
  )
})

test('a stream that another request interrupts says so instead of ending short', () => {
  const kernel = scripted(
    (n) => [content(n, 1, 2), content(n, 2, 2), done(n)],
    (n) => [content(n, 42), verdict(n, 0)],
  )
  const connection = new Connection(kernel)
  const stream = connection.stream(request)
  assert.equal(stream.next().value?.body[0], 1)
  connection.request(request)
  assert.throws(() => stream.next(), /newthing: another request ended this dump/)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  addressOf,
  FrameBatch,
  FrameRing,
  FrameSocket,
  NetworkNamespace,
  PacketSocket,
  Route,
  realTime,
  sandbox,
  VNET_HEADER,
} from '../src/index.ts'

await sandbox()

/** A cable: frames are sent into `outside`, and the ring is at its other end. */
class Cable implements Disposable {
  readonly here = NetworkNamespace.create()
  readonly there = NetworkNamespace.create()
  readonly socket: FrameSocket
  readonly ring: FrameRing
  readonly link: number
  readonly outside: PacketSocket
  readonly #outsideLink: number

  constructor(slots = 64) {
    using here = Route.open({ namespace: this.here })
    using there = Route.open({ namespace: this.there })
    here.addVeth({ name: 'eth0', up: true, mtu: 65_535, peer: { name: 'eth0', namespace: this.there, mtu: 65_535 } })
    there.setLink('eth0', { up: true })
    this.link = here.link('eth0').index
    this.#outsideLink = there.link('eth0').index
    this.socket = FrameSocket.open({ namespace: this.here, slots })
    this.ring = new FrameRing(this.socket)
    this.outside = PacketSocket.open({ namespace: this.there })
  }

  send(frame: Uint8Array): void {
    this.outside.send(frame, this.#outsideLink)
  }

  /** Our frames among those that came, without their headers. */
  taken(): Buffer[] {
    const frames: Buffer[] = []
    while (this.ring.next()) {
      const { bytes, at, length, link } = this.ring
      assert.equal(link, this.link)
      const frame = Buffer.from(bytes.subarray(at + VNET_HEADER, at + length))
      if (isOurs(frame)) frames.push(frame)
    }
    return frames
  }

  [Symbol.dispose](): void {
    this.ring[Symbol.dispose]()
    this.socket[Symbol.dispose]()
    this.outside[Symbol.dispose]()
    this.here[Symbol.dispose]()
    this.there[Symbol.dispose]()
  }
}

/** Of the first EtherType for local experiments (IEEE 802): nobody else sends it. */
function frameOf(length: number, fill: number): Buffer {
  const header = Buffer.from('02030405060702030405060888b5', 'hex')
  return Buffer.concat([header, Buffer.alloc(length - header.length, fill)])
}

function isOurs(frame: Uint8Array): boolean {
  return frame[12] === 0x88 && frame[13] === 0xb5
}

test('frames come out of the ring in order, from one end of it to the other and round again', () => {
  using cable = new Cable(8)
  for (let round = 0; round < 5; round += 1) {
    const sent = [1, 2, 3, 4, 5].map((n) => frameOf(60 + 100 * n, round * 10 + n))
    for (const frame of sent) cable.send(frame)
    assert.deepEqual(cable.taken(), sent)
  }
  assert.equal(cable.ring.next(), false)
})

test('a frame says when it came', () => {
  using cable = new Cable()
  const before = realTime()
  cable.send(frameOf(60, 1))
  while (cable.ring.next() && !isOurs(cable.ring.bytes.subarray(cable.ring.at + VNET_HEADER))) {}
  assert.ok(cable.ring.time >= before - 0.01 && cable.ring.time <= realTime() + 0.01)
})

test('frames longer than a slot are whole', () => {
  using cable = new Cable()
  const sent = [FrameSocket.longest, FrameSocket.longest + 1, 8192, 20_000, 65_549].map((length) => frameOf(length, 7))
  for (const frame of sent) cable.send(frame)
  assert.deepEqual(cable.taken(), sent)
})

test('what finds the ring full is lost, and counted', () => {
  using cable = new Cable(8)
  for (let n = 0; n < 50; n += 1) cable.send(frameOf(60, n))
  const first = cable.taken()
  assert.ok(first.length <= 8 && first.length > 0)
  cable.send(frameOf(60, 99)) // what comes next says that others did not
  assert.deepEqual(cable.taken(), [frameOf(60, 99)])
  assert.ok(cable.ring.overruns >= 42, `${cable.ring.overruns}`)
})

/** Frames that the other end of a cable receives. */
function receivedBy({ outside }: Cable): Buffer[] {
  const frames: Buffer[] = []
  outside.receive((frame, { direction }) => {
    if (direction === 'in' && isOurs(frame)) frames.push(Buffer.from(frame))
  })
  return frames
}

test('a batch sends many frames by one call, and can be used again', () => {
  using cable = new Cable()
  const batch = new FrameBatch(cable.socket.fd, 4)
  for (let round = 0; round < 3; round += 1) {
    const sent = [1, 2, 3, 4].map((n) => frameOf(1000 * n, round + n))
    const kept = sent.map((frame) => Buffer.concat([Buffer.alloc(VNET_HEADER), frame]))
    for (const bytes of kept) batch.add(addressOf(bytes), bytes.length, cable.link)
    assert.equal(batch.isFull, true)
    batch.flush()
    assert.deepEqual([batch.size, batch.refused], [0, 0])
    assert.deepEqual(receivedBy(cable), sent)
  }
})

test('a frame for a link that is gone is refused, and those behind it are sent', () => {
  using cable = new Cable()
  const batch = new FrameBatch(cable.socket.fd)
  const bytes = Buffer.concat([Buffer.alloc(VNET_HEADER), frameOf(100, 1)])
  for (const link of [cable.link, 9999, cable.link]) batch.add(addressOf(bytes), bytes.length, link)
  batch.flush()
  assert.equal(batch.refused, 1)
  assert.equal(receivedBy(cable).length, 2)
})

test('a ring has whole blocks', () => {
  assert.throws(() => FrameSocket.open({ slots: 12 }), { name: 'RangeError', message: /multiple of 8/ })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Attribute,
  checkFingerprint,
  checkIntegrity,
  decodeMessage,
  type Message,
  StreamReader,
} from '../../src/stun/index.ts'
import type { Client } from '../../src/turn/server/index.ts'
import { bytesInUse } from './support/gc.ts'
import { mutated } from './support/mutate.ts'
import { Random } from './support/random.ts'
import { attributes, plain, seeds } from './support/seeds.ts'
import { Victim } from './support/victim.ts'

/** Messages of a run; the long one is `SALLYPORT_FUZZ=10000000 node --test …/fuzz.test.ts`. */
const ROUNDS = Number(process.env.SALLYPORT_FUZZ ?? 100_000)
const SEED = Number(process.env.SALLYPORT_SEED ?? 5)
/** What the heap may grow by from a tenth of the way to the end: noise, and no more for more rounds. */
const NOISE = 4 << 20

const clients: readonly Client[] = Array.from({ length: 16 }, (_, index) => ({
  transport: index % 4 === 3 ? 'tcp' : 'udp',
  remote: { address: index % 2 === 0 ? '198.51.100.7' : '2001:db8::7', port: 1000 + index },
  local: { address: '203.0.113.1', port: 3478 },
}))

/** Runs `round` so often, and watches the memory. */
function fuzz(rounds: number, round: (random: Random, index: number) => void): void {
  const random = new Random(SEED)
  let before = 0
  for (let index = 0; index < rounds; index += 1) {
    if (index === Math.floor(rounds / 10)) before = bytesInUse()
    round(random, index)
  }
  const grown = bytesInUse() - before
  assert.ok(grown < NOISE, `${rounds} rounds: ${grown} bytes more`)
}

/** Half of the inputs are spoilt messages, an eighth is noise with a good header, the rest noise. */
function input(random: Random): Uint8Array {
  const kind = random.next(8)
  if (kind < 6) return mutated(random.pick(seeds), random)
  const noise = random.bytes(random.next(120))
  if (kind === 6 || noise.length < 20) return noise
  const length = (noise.length - 20) & ~3
  noise.set([random.next(2), random.next(256), 0, length, 0x21, 0x12, 0xa4, 0x42])
  return noise.subarray(0, 20 + length)
}

/** What a user sends before it is sealed: good messages too, so that there is something to spoil. */
function fromUser(random: Random): Uint8Array {
  const bytes = random.pick(plain)
  if (random.next(4) === 0) return bytes
  const spoilt = mutated(bytes, random)
  return spoilt.length < 20 ? bytes : spoilt
}

/** Asks everything that can be asked of a message. */
function read(message: Message): void {
  for (const each of attributes) {
    const attribute = each as Attribute<unknown>
    message.get(attribute)
    message.all(attribute)
  }
  message.unknown(new Set())
  checkFingerprint(message)
  for (const algorithm of ['sha1', 'sha256'] as const) checkIntegrity(message, new Uint8Array(16), algorithm)
}

test('decoders take whatever comes', () => {
  fuzz(ROUNDS / 4, (random) => {
    const message = decodeMessage(input(random))
    if (message !== undefined) read(message)
    const { decode } = random.pick(attributes)
    decode(random.bytes(random.next(48)), random.bytes(12))
  })
})

test('a stream in any pieces is cut into messages or breaks, and holds back one message at most', () => {
  let reader = new StreamReader()
  fuzz(ROUNDS / 4, (random) => {
    const bytes = random.next(3) === 0 ? input(random) : random.pick(seeds)
    const cut = random.next(bytes.length + 1)
    for (const piece of [bytes.subarray(0, cut), bytes.subarray(cut)]) {
      for (const message of reader.push(Uint8Array.from(piece))) decodeMessage(message)
    }
    assert.ok(reader.waiting <= 65_556, `${reader.waiting} bytes wait`)
    if (reader.broken) reader = new StreamReader()
  })
})

test('a server takes whatever comes from strangers and from users, and has at the end what it may have', () => {
  const victim = new Victim()
  let understood = 0
  const answered = new Set<string>()
  victim.server.events.answered = (method, code) => answered.add(`${method}: ${code}`)
  fuzz(ROUNDS / 2, (random, index) => {
    const client = random.pick(clients)
    const message = decodeMessage(random.next(4) === 0 ? input(random) : victim.sealed(fromUser(random), client))
    if (message !== undefined) {
      understood += 1
      victim.server.receive(message, client, victim.now, client)
    }
    for (const id of victim.relays.connecting) {
      if (random.next(2) === 0) victim.server.connected(id, random.next(2) === 0, victim.now)
      victim.relays.connecting.delete(id)
    }
    const allocation = victim.server.table.of(client)
    if (allocation !== undefined) {
      const peer = { address: '192.0.2.1', port: random.next(65_536) }
      victim.server.fromPeer(allocation, peer, random.bytes(random.next(40)), victim.now)
      victim.server.attempted(allocation, peer, victim.now)
    }
    if (index % 16 === 0) victim.pass(1000)
    assert.ok(victim.relays.opened.size <= 200)
  })
  assert.ok(understood > ROUNDS / 20 && victim.sent > ROUNDS / 20, `${understood} understood, ${victim.sent} answers`)
  // It is no test of the server's front door alone: everything that it can say was said.
  for (const each of ['3: 0', '4: 0', '8: 0', '9: 0', '10: 0', '3: 400', '3: 437', '9: 443', '4: 420', '10: 447']) {
    assert.ok(answered.has(each), `nothing was answered by ${each}`)
  }
  victim.server.stop()
  assert.equal(victim.relays.opened.size, 0)
})

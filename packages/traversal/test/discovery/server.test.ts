import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Attached,
  type BehaviourAnswer,
  BehaviourResponder,
  changedAddress,
  changeRequest,
  decodeClassic,
  decodeMessage,
  encodeClassic,
  encodeMessage,
  errorCode,
  fingerprint,
  hasIntegrity,
  integrity,
  type Message,
  mappedAddress,
  nonce,
  otherAddress,
  padding,
  passwordAlgorithm,
  realm,
  responseOrigin,
  responsePort,
  type Seal,
  SHA256,
  sourceAddress,
  unknownAttributes,
  userhash,
  username,
  xorMappedAddress,
} from '../../src/stun/index.ts'

const addresses = ['203.0.113.10', '203.0.113.11'] as const
const ports = [3478, 3479] as const
const client = { address: '198.51.100.1', port: 40_000 }
const transaction = Uint8Array.from({ length: 12 }, (_, index) => index)
const whole = (): BehaviourResponder => new BehaviourResponder({ addresses, ports })
const single = (): BehaviourResponder => new BehaviourResponder({ addresses: [addresses[0]], ports: [ports[0]] })

function request(attributes: readonly Attached[] = [], seals: readonly Seal[] = [], method = 1): Uint8Array {
  return encodeMessage({ class: 'request', method, transaction }, attributes, seals)
}

function read(answer: BehaviourAnswer | undefined): Message {
  const message = decodeMessage(answer!.bytes)
  assert(message !== undefined)
  assert.deepEqual(message.transaction, transaction)
  return message
}

function codeOf(answer: BehaviourAnswer | undefined): number | undefined {
  return read(answer).get(errorCode)?.code
}

test('each of four sockets answers from where CHANGE-REQUEST wants it, and names its opposite (RFC 5780 table 1)', () => {
  const server = whole()
  for (const [at, asked] of server.endpoints.entries()) {
    for (const address of [false, true]) {
      for (const port of [false, true]) {
        const answer = server.answer(request([changeRequest.of({ address, port })]), at, client, 0)
        const away = (values: readonly (string | number)[], now: string | number, change: boolean) =>
          change ? values.find((each) => each !== now) : now
        const origin = { address: away(addresses, asked.address, address), port: away(ports, asked.port, port) }
        const message = read(answer)
        assert.deepEqual(server.endpoints[answer!.via], origin)
        assert.deepEqual(message.get(responseOrigin), origin)
        const opposite = { address: away(addresses, asked.address, true), port: away(ports, asked.port, true) }
        assert.deepEqual(message.get(otherAddress), opposite)
        assert.deepEqual([message.get(xorMappedAddress), message.get(mappedAddress)], [client, client])
        assert.deepEqual(answer!.to, client)
      }
    }
  }
})

test('a server on one address has no other one, and refuses to pretend (section 6)', () => {
  const message = read(single().answer(request(), 0, client, 0))
  assert.equal(message.has(otherAddress), false)
  assert.deepEqual(message.get(responseOrigin), { address: addresses[0], port: ports[0] })
  for (const change of [
    { address: true, port: true },
    { address: false, port: false },
  ]) {
    const refused = read(single().answer(request([changeRequest.of(change)]), 0, client, 0))
    assert.equal(refused.get(errorCode)?.code, 420)
    assert.deepEqual(refused.get(unknownAttributes), [changeRequest.type])
  }
})

test('RESPONSE-PORT directs the answer to another port of the same address, ten times a second', () => {
  const server = whole()
  const ask = (now: number) => server.answer(request([responsePort.of(50_000)]), 0, client, now)
  assert.deepEqual(ask(0)?.to, { ...client, port: 50_000 })
  const answered = Array.from({ length: 100 }, () => ask(1)).filter((each) => each !== undefined)
  assert.equal(answered.length, 9)
  assert(server.answer(request([responsePort.of(50_000)]), 0, { ...client, address: '198.51.100.2' }, 1))
  assert.equal(ask(101)?.to.port, 50_000)
  assert.equal(ask(102), undefined)
})

test('RESPONSE-PORT to a well-known port is forbidden, and the sender is told', () => {
  const answer = whole().answer(request([responsePort.of(53)]), 0, client, 0)
  assert.equal(codeOf(answer), 403)
  assert.deepEqual(answer?.to, client)
})

test('PADDING is answered by as much, and not together with RESPONSE-PORT (section 6.1)', () => {
  const filler = padding.of(new Uint8Array(1500))
  assert.equal(read(whole().answer(request([filler]), 0, client, 0)).get(padding)?.length, 1500)
  assert.equal(codeOf(whole().answer(request([filler, responsePort.of(50_000)]), 0, client, 0)), 400)
})

test('attributes that cannot be read are a bad request, unknown ones are named', () => {
  const broken = { ...changeRequest.of({ address: true, port: true }), write: () => Uint8Array.of(1) }
  assert.equal(codeOf(whole().answer(request([broken]), 0, client, 0)), 400)
  const strange = { ...broken, type: 0x7abc }
  assert.deepEqual(read(whole().answer(request([strange]), 0, client, 0)).get(unknownAttributes), [0x7abc])
})

test('credentials are let through unread: whoever has some is told its address as well', () => {
  const identity = [username.of('a'), realm.of('b'), nonce.of('c'), userhash.of(new Uint8Array(32))]
  const bytes = request([...identity, passwordAlgorithm.of(SHA256)], [integrity(new Uint8Array(16), 'sha256')])
  const message = read(whole().answer(bytes, 0, client, 0))
  assert.deepEqual([message.class, message.get(xorMappedAddress)], ['success', client])
  assert.equal(hasIntegrity(message, 'sha256'), false)
})

test('what is no Binding request gets no answer', () => {
  const wrong = request([], [fingerprint])
  wrong[wrong.length - 1]! ^= 1
  const indication = encodeMessage({ class: 'indication', method: 1, transaction }, [])
  const response = encodeMessage({ class: 'success', method: 1, transaction }, [])
  for (const bytes of [wrong, indication, response, request([], [], 3), new Uint8Array(), new Uint8Array(19)]) {
    assert.equal(whole().answer(bytes, 0, client, 0), undefined)
  }
})

test('a request with a fingerprint is answered with one', () => {
  const bytes = whole().answer(request([], [fingerprint]), 0, client, 0)!.bytes
  assert.deepEqual(fingerprint(bytes.slice(0, -8)), bytes)
})

const classicId = Uint8Array.from({ length: 16 }, (_, index) => 255 - index)

test('a client of RFC 3489 gets MAPPED-, SOURCE- and CHANGED-ADDRESS', () => {
  const change = changeRequest.of({ address: true, port: false })
  const answer = whole().answer(encodeClassic(0x0001, classicId, [change]), 0, client, 0)
  const message = decodeClassic(answer!.bytes)
  assert.deepEqual([message?.type, message?.transaction, answer?.via], [0x0101, classicId, 2])
  const values = [mappedAddress, sourceAddress, changedAddress].map((each, index) => {
    assert.equal(message?.attributes[index]?.type, each.type)
    return each.decode(message!.attributes[index]!.value, classicId)
  })
  assert.deepEqual(values, [
    client,
    { address: addresses[1], port: ports[0] },
    { address: addresses[1], port: ports[1] },
  ])
})

test('a client of RFC 3489 cannot send answers elsewhere, nor get them from where there is nothing', () => {
  const elsewhere = { ...mappedAddress.of({ address: '192.0.2.1', port: 53 }), type: 0x0002 } // RESPONSE-ADDRESS
  const changed = changeRequest.of({ address: true, port: true })
  for (const [server, attribute] of [
    [whole(), elsewhere],
    [single(), changed],
  ] as const) {
    const answer = server.answer(encodeClassic(0x0001, classicId, [attribute]), 0, client, 0)
    const [error, types] = decodeClassic(answer!.bytes)!.attributes
    assert.equal(errorCode.decode(error!.value, classicId)?.code, 420)
    assert.equal(error!.value.length % 4, 0)
    assert.deepEqual(unknownAttributes.decode(types!.value, classicId), [attribute.type, attribute.type])
  }
})

test('a message of RFC 3489 that is cut short is none', () => {
  const bytes = encodeClassic(0x0001, classicId, [changeRequest.of({ address: false, port: false })])
  for (let length = 0; length < bytes.length; length += 1) {
    assert.equal(whole().answer(bytes.subarray(0, length), 0, client, 0), undefined)
  }
  const lying = Uint8Array.from(bytes)
  lying[23] = 200 // longer than what follows
  assert.equal(whole().answer(lying, 0, client, 0), undefined)
})

test('addresses and ports come once or as two different ones', () => {
  for (const options of [
    { addresses: [], ports },
    { addresses: [addresses[0], addresses[0]], ports },
    { addresses, ports: [1, 2, 3] },
  ]) {
    assert.throws(() => new BehaviourResponder(options), RangeError)
  }
})

test('whatever comes, it answers or keeps silent, with no more bytes than the addresses take', () => {
  const server = whole()
  let state = 1
  const random = (below: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    return (state >>> 8) % below
  }
  const change = changeRequest.of({ address: true, port: true })
  const seeds = [request([change, padding.of(new Uint8Array(8))], [fingerprint]), encodeClassic(1, classicId, [change])]
  for (let round = 0; round < 50_000; round += 1) {
    const bytes = Uint8Array.from(seeds[random(2)]!)
    for (let flips = random(4); flips >= 0; flips -= 1) bytes[random(bytes.length)] = random(256)
    const answer = server.answer(bytes.subarray(0, bytes.length - random(4)), random(4), client, round)
    assert((answer?.bytes.length ?? 0) <= bytes.length + 64)
  }
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Attached,
  Authenticator,
  bareFailure,
  data,
  decodeMessage,
  type Endpoint,
  encodeMessage,
  errorCode,
  featuresOf,
  HEADER_LENGTH,
  type IntegrityAlgorithm,
  integrity,
  type KeyAlgorithm,
  lifetime,
  longTermKey,
  MD5,
  type Message,
  methods,
  type NonceHolder,
  nonce,
  type PasswordAlgorithm,
  passwordAlgorithm,
  passwordAlgorithms,
  realm,
  SHA256,
  type User,
  userHash,
  userhash,
  username,
} from '../../src/stun/index.ts'

const REALM = 'example.org'
const NOW = 1_700_000_000_000
const alice: Endpoint = { address: '198.51.100.7', port: 5000 }
const header = { class: 'request', method: methods.allocate, transaction: new Uint8Array(12) } as const

function keyOf(name: string, algorithm: KeyAlgorithm, where = REALM): Uint8Array {
  return longTermKey({ username: name, realm: where, password: `${name}'s` }, algorithm)
}

const asked: string[] = []
const keys = { md5: keyOf('alice', 'md5'), sha256: keyOf('alice', 'sha256') }
const user: User = { name: 'alice', key: (algorithm) => keys[algorithm] }
const authenticator = new Authenticator({
  realm: REALM,
  secret: new Uint8Array(32).fill(7),
  nonceLifetime: 600,
  users: {
    byName: (name) => {
      asked.push(name)
      return name === 'alice' ? user : undefined
    },
    byHash: (hash) =>
      Buffer.from(userHash({ username: 'alice', realm: REALM })).equals(Buffer.from(hash)) ? user : undefined,
  },
})

/** A good identity; each part can be another, or left out with null. */
function identity(
  parts: Partial<Record<'who' | 'where' | 'nonce' | 'list' | 'choice', Attached | null>> = {},
): Attached[] {
  const all = {
    who: username.of('alice'),
    where: realm.of(REALM),
    nonce: nonce.of(authenticator.nonceFor(alice, NOW)),
    list: null,
    choice: null,
    ...parts,
  }
  return Object.values(all).filter((each) => each !== null)
}

interface Sealing {
  readonly key?: Uint8Array
  readonly algorithm?: IntegrityAlgorithm
}

function sealed(attributes: readonly Attached[], { key = keyOf('alice', 'md5'), algorithm = 'sha1' }: Sealing = {}) {
  return encodeMessage(header, attributes, [integrity(key, algorithm)])
}

function check(bytes: Uint8Array, from: NonceHolder = alice, now = NOW): number | 'ok' {
  const message = decodeMessage(bytes)
  assert.ok(message)
  const result = authenticator.check(message, from, now)
  return result.ok ? 'ok' : (answer(result.attributes).get(errorCode)?.code ?? 0)
}

function answer(attributes: readonly Attached[]): Message {
  return decodeMessage(encodeMessage({ ...header, class: 'error' }, attributes))!
}

const both = { list: passwordAlgorithms.of([SHA256, MD5]), choice: passwordAlgorithm.of(SHA256) }
const sha = keyOf('alice', 'sha256')

test('who knows the password gets in, by MD5 or SHA-256, under either integrity, with the name or its hash', () => {
  const hidden = { who: userhash.of(userHash({ username: 'alice', realm: REALM })) }
  for (const who of [{}, hidden]) {
    for (const algorithm of ['sha1', 'sha256'] as const) {
      assert.equal(check(sealed(identity(who), { algorithm })), 'ok')
      assert.equal(check(sealed(identity({ ...who, ...both }), { key: sha, algorithm })), 'ok')
    }
  }
  const md5 = { ...both, choice: passwordAlgorithm.of(MD5) }
  assert.equal(check(sealed(identity(md5))), 'ok')
})

test('1. without integrity: 401 with all that a client needs, and nothing of its name', () => {
  const result = authenticator.check(decodeMessage(encodeMessage(header, identity()))!, alice, NOW)
  assert.ok(!result.ok)
  const message = answer(result.attributes)
  assert.equal(message.get(errorCode)?.code, 401)
  assert.equal(message.get(realm), REALM)
  assert.deepEqual(featuresOf(message.get(nonce)!), { passwordAlgorithms: true, userAnonymity: true })
  assert.deepEqual(
    message.get(passwordAlgorithms)?.map(({ number }) => number),
    [2, 1],
  )
  assert.ok(!message.has(username) && !message.has(userhash))
})

test('a challenge is short: 100 bytes with a realm of eleven', () => {
  const result = authenticator.check(decodeMessage(encodeMessage(header, []))!, alice, NOW)
  assert.ok(!result.ok)
  assert.equal(answer(result.attributes).bytes.length, 100)
})

for (const part of ['who', 'where', 'nonce'] as const) {
  test(`2. integrity without ${part}: 400, and no challenge`, () => {
    const bytes = sealed(identity({ [part]: null }))
    assert.equal(check(bytes), 400)
    const result = authenticator.check(decodeMessage(bytes)!, alice, NOW)
    assert.ok(!result.ok)
    assert.ok(!answer(result.attributes).has(nonce) && !answer(result.attributes).has(realm))
  })
}

const list = (...algorithms: PasswordAlgorithm[]): Attached => passwordAlgorithms.of(algorithms)
for (const [what, parts] of [
  ['a choice without the list', { choice: both.choice }],
  ['a list without the choice', { list: both.list }],
  ['a list that somebody cut down to MD5', { list: list(MD5), choice: passwordAlgorithm.of(MD5) }],
  ['a list in another order', { list: list(MD5, SHA256), choice: passwordAlgorithm.of(SHA256) }],
  ['a longer list', { list: list(SHA256, MD5, { ...MD5, number: 3 }), choice: both.choice }],
  ['an algorithm that was not offered', { list: both.list, choice: passwordAlgorithm.of({ ...MD5, number: 3 }) }],
  [
    'parameters that nobody offered',
    { list: list({ ...SHA256, parameters: new Uint8Array(4) }, MD5), choice: both.choice },
  ],
] as const) {
  test(`3. bid down: ${what}: 400 even from who knows the password`, () => {
    assert.equal(check(sealed(identity(parts))), 400)
    assert.equal(check(sealed(identity(parts), { key: sha })), 400)
  })
}

test('3. bid down: a list or a choice that cannot be read is no list that was never there', () => {
  const unreadable = { ...both.list, write: () => Uint8Array.of(0, 2, 0, 9) }
  assert.equal(check(sealed(identity({ list: unreadable }))), 400)
  assert.equal(check(sealed(identity({ choice: { ...both.choice, write: unreadable.write } }))), 400)
})

test('3. bid down: a key by MD5 under a choice of SHA-256 is a wrong password', () => {
  assert.equal(check(sealed(identity(both))), 401)
})

test('4. an unknown user, an unknown hash, another realm: 401', () => {
  assert.equal(check(sealed(identity({ who: username.of('nobody') }))), 401)
  assert.equal(check(sealed(identity({ who: userhash.of(new Uint8Array(32)) }))), 401)
  const there = { where: realm.of('example.com') }
  assert.equal(check(sealed(identity(there))), 401)
  assert.equal(check(sealed(identity(there), { key: keyOf('alice', 'md5', 'example.com') })), 401)
})

test('4. what is sealed with the key of nobody opens nothing', () => {
  for (const length of [0, 16, 32]) {
    assert.equal(check(sealed(identity({ who: username.of('nobody') }), { key: new Uint8Array(length) })), 401)
  }
  assert.equal(check(sealed(identity({ ...both, who: username.of('nobody') }), { key: new Uint8Array(32) })), 401)
})

test('4. a user that does not exist and a wrong password get the same answer, byte by byte', () => {
  const answers = ['alice', 'nobody'].map((name) => {
    const bytes = sealed(identity({ who: username.of(name) }), { key: keyOf('wrong', 'md5') })
    const result = authenticator.check(decodeMessage(bytes)!, alice, NOW)
    assert.ok(!result.ok)
    return Buffer.from(answer(result.attributes).bytes).toString('hex')
  })
  assert.equal(answers[0], answers[1])
})

test('4. both take the same work: integrity is computed for nobody as well', () => {
  const messages = ['alice', 'nobody'].map((name) => {
    const long = data.of(new Uint8Array(60_000))
    return decodeMessage(sealed([...identity({ who: username.of(name) }), long], { key: keyOf('wrong', 'md5') }))!
  })
  const times: [number[], number[]] = [[], []]
  for (let round = 0; round < 400; round += 1) {
    for (const [index, message] of messages.entries()) {
      const before = process.hrtime.bigint()
      authenticator.check(message, alice, NOW)
      times[index]!.push(Number(process.hrtime.bigint() - before))
    }
  }
  const [known, unknown] = times.map((each) => each.sort((a, b) => a - b)[200]!)
  const ratio = known! / unknown!
  assert.ok(ratio > 0.5 && ratio < 2, `${ratio}`)
})

test('5. a wrong password: 401, and not a word about its nonce', () => {
  const old = nonce.of(authenticator.nonceFor(alice, NOW - 1_000_000))
  assert.equal(check(sealed(identity({ nonce: old }), { key: keyOf('mallory', 'md5') })), 401)
})

test('5. a message that was changed on its way: 401, whichever bit', () => {
  const bytes = sealed([lifetime.of(600), ...identity()])
  for (let at = 0; at < bytes.length; at += 1) {
    const spoilt = Uint8Array.from(bytes)
    spoilt[at]! ^= 1
    const message = decodeMessage(spoilt)
    if (message !== undefined) assert.ok(!authenticator.check(message, alice, NOW).ok, `byte ${at}`)
  }
})

test('6. a nonce that is too old, of another address or port, of tomorrow, of another server, or invented: 438', () => {
  const other = new Authenticator({
    realm: REALM,
    secret: new Uint8Array(32),
    users: { byName: () => user, byHash: () => user },
  })
  const good = authenticator.nonceFor(alice, NOW)
  const nonces: Record<string, string> = {
    old: authenticator.nonceFor(alice, NOW - 601_000),
    'of tomorrow': authenticator.nonceFor(alice, NOW + 86_400_000),
    'of another port': authenticator.nonceFor({ ...alice, port: 5001 }, NOW),
    'of another address': authenticator.nonceFor({ ...alice, address: '198.51.100.8' }, NOW),
    'of another server': other.nonceFor(alice, NOW),
    'cut off': good.slice(0, -1),
    'with more behind it': `${good}A`,
    'with another time': `${good.slice(0, 20)}${good[20] === '0' ? '1' : '0'}${good.slice(21)}`,
    'without the cookie': good.slice(13),
    empty: '',
    'of letters that are no bytes': good.replace(/.$/, 'Ł'),
    'of a client that knows RFC 5389 alone': 'f//499k954d6OL34oL9FSTvy64sA',
  }
  for (const [what, text] of Object.entries(nonces)) {
    assert.equal(check(sealed(identity({ nonce: nonce.of(text) }))), 438, what)
  }
  assert.equal(check(sealed(identity())), 'ok')
})

test('6. a replay from elsewhere: 438 with a nonce of its own, smaller than what was replayed', () => {
  const bytes = sealed([lifetime.of(600), ...identity()])
  const elsewhere = { address: '203.0.113.66', port: 5000 }
  assert.deepEqual([check(bytes), check(bytes, elsewhere), check(bytes, { ...alice, port: 1 })], ['ok', 438, 438])
  const result = authenticator.check(decodeMessage(bytes)!, elsewhere, NOW)
  assert.ok(!result.ok)
  assert.ok(answer(result.attributes).bytes.length <= bytes.length)
})

test('a nonce lives as long as it was told to, to the second', () => {
  const bytes = sealed(identity())
  assert.deepEqual([check(bytes, alice, NOW + 600_000), check(bytes, alice, NOW + 601_000)], ['ok', 438])
})

test('of attributes that come twice the first one counts', () => {
  asked.length = 0
  assert.equal(check(sealed([...identity(), username.of('nobody'), realm.of('x'), nonce.of('y')])), 'ok')
  assert.deepEqual(asked, ['alice'])
  assert.equal(check(sealed([username.of('nobody'), ...identity()])), 401)
  const message = decodeMessage(sealed([lifetime.of(1), lifetime.of(2), ...identity()]))
  assert.equal(message?.get(lifetime), 1)
})

test('what stands behind the integrity does not count: neither a name nor anything else', () => {
  const bytes = sealed(identity())
  const more = encodeMessage(header, [username.of('nobody'), lifetime.of(9)]).subarray(HEADER_LENGTH)
  const longer = Buffer.concat([bytes, more])
  longer.writeUInt16BE(longer.length - HEADER_LENGTH, 2)
  assert.equal(check(longer), 'ok')
  assert.equal(decodeMessage(longer)?.has(lifetime), false)
  const unsealed = Buffer.concat([sealed([lifetime.of(1)]), encodeMessage(header, identity()).subarray(HEADER_LENGTH)])
  unsealed.writeUInt16BE(unsealed.length - HEADER_LENGTH, 2)
  assert.equal(check(unsealed), 400)
})

test('SHA-1 integrity is whole or wrong', () => {
  const bytes = sealed(identity())
  const cut = Uint8Array.from(bytes.subarray(0, bytes.length - 4))
  new DataView(cut.buffer).setUint16(2, cut.length - HEADER_LENGTH)
  new DataView(cut.buffer).setUint16(cut.length - 18, 16)
  assert.equal(check(cut), 401)
})

test('where both integrities are there, the stronger one decides', () => {
  const good = integrity(keyOf('alice', 'md5'), 'sha1')
  const bad = integrity(keyOf('mallory', 'md5'), 'sha256')
  assert.equal(check(encodeMessage(header, identity(), [good, bad])), 401)
  const right = integrity(keyOf('alice', 'md5'), 'sha256')
  assert.equal(check(encodeMessage(header, identity(), [good, right])), 'ok')
})

test('an answer is sealed with SHA-256 for who chose an algorithm, else with SHA-1, whichever the request bears', () => {
  const sealOf = (bytes: Uint8Array): IntegrityAlgorithm | undefined => {
    const result = authenticator.check(decodeMessage(bytes)!, alice, NOW)
    return result.ok ? result.algorithm : undefined
  }
  const md5 = { ...both, choice: passwordAlgorithm.of(MD5) }
  for (const algorithm of ['sha1', 'sha256'] as const) {
    assert.equal(sealOf(sealed(identity(), { algorithm })), 'sha1')
    assert.equal(sealOf(sealed(identity(md5), { algorithm })), 'sha256')
    assert.equal(sealOf(sealed(identity(both), { key: sha, algorithm })), 'sha256')
  }
})

test('no two clients get one nonce, and where it is good for all ports it still is of no other address', () => {
  const neighbour = { ...alice, port: 5001 }
  const [mine, theirs] = [alice, neighbour].map((each) => authenticator.nonceFor(each, NOW))
  assert.notEqual(mine, theirs)
  const bytes = sealed(identity({ nonce: nonce.of(theirs!) }))
  const code = (from: NonceHolder): number | 'ok' => check(bytes, from)
  assert.deepEqual([code(alice), code({ ...alice, anyPort: true })], [438, 'ok'])
  assert.equal(code({ ...alice, address: '198.51.100.8', anyPort: true }), 438)
})

test('nothing is remembered of who asks: nonces come from a clock and a secret', () => {
  assert.equal(authenticator.nonceFor(alice, NOW), authenticator.nonceFor(alice, NOW))
  const others = authenticator.withUsers({ byName: () => undefined, byHash: () => undefined })
  assert.equal(others.nonceFor(alice, NOW), authenticator.nonceFor(alice, NOW))
  assert.ok(bareFailure(401).write(new Uint8Array(12)).length === 4)
})

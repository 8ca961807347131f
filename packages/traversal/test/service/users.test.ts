import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { restPassword, Users } from '../../src/service/index.ts'
import {
  Authenticator,
  decodeMessage,
  encodeMessage,
  featuresOf,
  integrity,
  longTermKey,
  methods,
  nonce,
  realm,
  userHash,
  username,
} from '../../src/stun/index.ts'

const REALM = 'example.org'
const NOW = 1_700_000_000_000
const from = { address: '198.51.100.7', port: 5000 }

/** Whether a name with a password gets in, and as whom. */
function isIn(users: Users, name: string, password: string, now = NOW): string | false {
  const authenticator = new Authenticator({ realm: REALM, users, secret: new Uint8Array(32) })
  const header = { class: 'request', method: methods.allocate, transaction: new Uint8Array(12) } as const
  const attributes = [username.of(name), realm.of(REALM), nonce.of(authenticator.nonceFor(from, now))]
  const key = longTermKey({ username: name, realm: REALM, password }, 'md5')
  const result = authenticator.check(decodeMessage(encodeMessage(header, attributes, [integrity(key)]))!, from, now)
  return result.ok ? (result.user.owner ?? result.user.name) : false
}

test('users have a password, or the key that turnadmin made of it', () => {
  const key = createHash('md5').update(`bob:${REALM}:builder`).digest('hex')
  const users = new Users({
    realm: REALM,
    users: [
      { name: 'alice', password: 'secret' },
      { name: 'bob', key },
    ],
  })
  assert.equal(isIn(users, 'alice', 'secret'), 'alice')
  assert.equal(isIn(users, 'bob', 'builder'), 'bob')
  assert.equal(isIn(users, 'alice', 'builder'), false)
  assert.equal(isIn(users, 'carol', 'x'), false)
  assert.equal(users.byHash(userHash({ username: 'alice', realm: REALM }))?.name, 'alice')
})

test('a credential with a time is good until then, for the user that it names', () => {
  const users = new Users({ realm: REALM, users: [], secrets: ['north'] })
  const name = `${NOW / 1000 + 60}:alice`
  assert.equal(isIn(users, name, restPassword(name, 'north')), 'alice')
  assert.equal(isIn(users, name, restPassword(name, 'north'), NOW + 61_000), false)
  assert.equal(isIn(users, name, restPassword(name, 'south')), false)
  const bare = `${NOW / 1000 + 60}`
  assert.equal(isIn(users, bare, restPassword(bare, 'north')), bare)
  for (const bad of ['alice', '99999999999999:alice', ':alice', `${NOW / 1000 + 60}x:alice`]) {
    assert.equal(isIn(users, bad, restPassword(bad, 'north')), false)
  }
})

test('while one secret is replaced by another, both are good', () => {
  const users = new Users({ realm: REALM, users: [], secrets: ['new', 'old'] })
  const name = `${NOW / 1000 + 60}:alice`
  for (const [secret, owner] of [
    ['new', 'alice'],
    ['old', 'alice'],
    ['older', false],
  ] as const) {
    assert.equal(isIn(users, name, restPassword(name, secret)), owner)
  }
})

test('clients are not told to hide names that nobody could find', () => {
  const features = (secrets: readonly string[]): boolean | undefined => {
    const users = new Users({ realm: REALM, users: [], secrets })
    const authenticator = new Authenticator({ realm: REALM, users, secret: new Uint8Array(32) })
    return featuresOf(authenticator.nonceFor(from, NOW))?.userAnonymity
  }
  assert.deepEqual([features([]), features(['north'])], [true, false])
})

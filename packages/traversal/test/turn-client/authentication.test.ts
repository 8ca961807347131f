import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Attached,
  checkIntegrity,
  failure,
  hasIntegrity,
  lifetime,
  longTermKey,
  MD5,
  type Message,
  nonce,
  nonceCookie,
  passwordAlgorithm,
  passwordAlgorithms,
  realm,
  SHA256,
  userHash,
  userhash,
  username,
  xorRelayedAddress,
} from '../../src/stun/index.ts'
import { Dialog } from './support/dialog.ts'
import { Net } from './support/net.ts'

const REALM = 'example.org'
const who = { username: 'alice', password: 'secret', realm: REALM }
const md5 = longTermKey(who, 'md5')
const sha256 = longTermKey(who, 'sha256')
const modern = nonceCookie({ passwordAlgorithms: true, userAnonymity: false })
const granted = [xorRelayedAddress.of({ address: '203.0.113.1', port: 5 }), lifetime.of(600)]

function challenge(given: string, ...more: readonly Attached[]): Attached[] {
  return [failure(401), realm.of(REALM), nonce.of(given), ...more]
}

/** The request that a client makes after a challenge; undefined when it makes none. */
function after(dialog: Dialog, ...attributes: readonly Attached[]): Message | undefined {
  dialog.answer(dialog.next(), 'error', attributes)
  return dialog.said.length === 0 ? undefined : dialog.next()
}

test('the first request names nobody; the second answers the challenge, sealed by the password', () => {
  const dialog = new Dialog()
  const first = dialog.next()
  assert.equal(first.has(username) || hasIntegrity(first, 'sha1') || hasIntegrity(first, 'sha256'), false)
  dialog.answer(first, 'error', challenge('n1'))
  const second = dialog.next()
  assert.deepEqual([second.get(username), second.get(realm), second.get(nonce)], ['alice', REALM, 'n1'])
  assert.equal(checkIntegrity(second, md5, 'sha1'), true)
  dialog.answer(second, 'success', granted, { key: md5 })
  assert.equal(dialog.machine.state, 'alive')
})

for (const [list, key, number] of [
  [[SHA256, MD5], sha256, 2],
  [[MD5, SHA256], md5, 1],
  [[{ number: 77, parameters: new Uint8Array() }, SHA256, MD5], sha256, 2],
] as const) {
  const names = list.map((each) => each.number).join(', ')
  test(`of the algorithms ${names} the first that is known is taken, and the list goes back`, () => {
    const request = after(new Dialog(), ...challenge(`${modern}x`, passwordAlgorithms.of(list)))!
    assert.equal(checkIntegrity(request, key, 'sha256'), true)
    assert.equal(request.get(passwordAlgorithm)?.number, number)
    const back = request.get(passwordAlgorithms)?.map((each) => each.number)
    assert.deepEqual(
      back,
      list.map((each) => each.number),
    )
  })
}

test('a server that takes user hashes is not told the name', () => {
  const given = `${nonceCookie({ passwordAlgorithms: true, userAnonymity: true })}x`
  const request = after(new Dialog(), ...challenge(given, passwordAlgorithms.of([SHA256])))!
  assert.equal(request.has(username), false)
  assert.deepEqual(request.get(userhash), Uint8Array.from(userHash(who)))
})

test('our own server is spoken to with SHA-256 and a user hash', () => {
  const net = new Net()
  const seen: boolean[] = []
  net.world.server.events.opened = (allocation) => seen.push(allocation.algorithm === 'sha256')
  net.join()
  net.run(500)
  assert.deepEqual(seen, [true])
})

test('bid-down: a nonce that promises a list, without the list, is not answered', () => {
  const dialog = new Dialog()
  assert.equal(after(dialog, ...challenge(`${modern}x`)), undefined)
  assert.deepEqual([dialog.closed?.why, dialog.closed?.error?.trouble], ['refused', 'bid-down'])
})

test('a weaker offer later on is nobody’s: the request is repeated until the server itself answers', () => {
  const dialog = new Dialog()
  const request = after(dialog, ...challenge(`${modern}x`, passwordAlgorithms.of([SHA256, MD5])))!
  dialog.answer(request, 'error', [failure(438), realm.of(REALM), nonce.of('plain')])
  assert.equal(dialog.said.length, 0)
  dialog.wait(600)
  assert.equal(checkIntegrity(dialog.next(), sha256, 'sha256'), true)
})

test('algorithms that are all unknown here are a reason', () => {
  const dialog = new Dialog()
  const unknown = passwordAlgorithms.of([{ number: 77, parameters: new Uint8Array() }])
  assert.equal(after(dialog, ...challenge(`${modern}x`, unknown)), undefined)
  assert.equal(dialog.closed?.error?.trouble, 'algorithm')
})

test('a wrong password is said once, and not tried again', () => {
  const dialog = new Dialog()
  const request = after(dialog, ...challenge('n1'))!
  dialog.answer(request, 'error', challenge('n2'))
  assert.equal(dialog.said.length, 0)
  assert.equal(dialog.closed?.error?.code, 401)
  assert.match(dialog.closed?.error?.message ?? '', /^allocate: 401 Unauthenticated \(wrong user name or password\)$/)
})

test('another realm gets the password of that realm, unless only one was meant', () => {
  const elsewhere = [failure(401), realm.of('other.example'), nonce.of('n2')]
  const open = new Dialog()
  const request = after(open, ...challenge('n1'))!
  open.answer(request, 'error', elsewhere)
  const key = longTermKey({ ...who, realm: 'other.example' }, 'md5')
  assert.equal(checkIntegrity(open.next(), key, 'sha1'), true)
  const pinned = new Dialog({ realm: REALM })
  assert.equal(after(pinned, ...elsewhere), undefined)
  assert.equal(pinned.closed?.error?.trouble, 'realm')
})

test('a server that answers 401 where 438 is meant is understood once it has taken the password', () => {
  const dialog = new Dialog()
  const request = after(dialog, ...challenge('n1'))!
  dialog.answer(request, 'success', granted, { key: md5 })
  dialog.machine.permit(['192.0.2.1'], dialog.now)
  dialog.poll()
  const again = after(dialog, ...challenge('n2'))!
  assert.equal(again.get(nonce), 'n2')
})

test('a server that finds every nonce stale is given up', () => {
  const dialog = new Dialog()
  let request = after(dialog, ...challenge('n0'))
  let rounds = 0
  for (; request !== undefined; rounds += 1) {
    dialog.answer(request, 'error', [failure(438), realm.of(REALM), nonce.of(`n${rounds + 1}`)])
    request = dialog.said.length === 0 ? undefined : dialog.next()
  }
  assert.equal(rounds <= 6, true)
  assert.deepEqual([dialog.closed?.why, dialog.closed?.error?.code], ['refused', 438])
})

test('requests in flight together each go on with a new nonce', () => {
  const dialog = new Dialog()
  dialog.answer(after(dialog, ...challenge('n1'))!, 'success', granted, { key: md5 })
  dialog.machine.permit(['192.0.2.1'], dialog.now)
  dialog.machine.channel({ address: '192.0.2.2', port: 1 }, dialog.now)
  dialog.machine.channel({ address: '192.0.2.3', port: 1 }, dialog.now)
  dialog.poll()
  const flying = dialog.said.splice(0).map(({ message }) => message!)
  assert.equal(flying.length, 3)
  for (const [index, request] of flying.entries()) {
    dialog.answer(request, 'error', [failure(438), realm.of(REALM), nonce.of(`m${index}`)])
  }
  const again = dialog.said.splice(0).map(({ message }) => message!)
  assert.deepEqual(
    again.map((request) => request.get(nonce)),
    ['m0', 'm1', 'm2'],
  )
  for (const request of again) dialog.answer(request, 'success', [], { key: md5 })
  assert.deepEqual(dialog.events.map(({ type }) => type).sort(), [
    'allocated',
    'bound',
    'bound',
    'permitted',
    'permitted',
    'permitted',
  ])
})

test('names and passwords that cannot be are refused before anything is sent', () => {
  assert.throws(() => new Dialog({ password: '' }), RangeError)
  assert.throws(() => new Dialog({ password: 'a\u0000b' }), RangeError)
})

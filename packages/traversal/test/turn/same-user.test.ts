import assert from 'node:assert/strict'
import { test } from 'node:test'
import { restPassword, Users } from '../../src/service/index.ts'
import {
  encodeMessage,
  errorCode,
  integrity,
  lifetime,
  longTermKey,
  type Message,
  type Method,
  methods,
  mobilityTicket,
  nonce,
  realm,
  requestedTransport,
  username,
  xorPeerAddress,
} from '../../src/stun/index.ts'
import type { Client } from '../../src/turn/server/index.ts'
import { alice, bob, World } from './support/world.ts'

const REALM = 'example.org'
const udp = requestedTransport.of(17)
const peer = xorPeerAddress.of({ address: '192.0.2.1', port: 0 })

/** A server of a user with a password and of names with a time, and what it says to one of them. */
class Server extends World {
  constructor() {
    super({ users: new Users({ realm: REALM, users: [{ name: 'alice', password: 'p' }], secrets: ['s'] }) })
  }

  name(seconds: number, user: string): string {
    return `${this.now / 1000 + seconds}:${user}`
  }

  /** The number of the error; 0: success. */
  code(
    method: Method,
    name: string,
    attributes: Parameters<World['ask']>[1] = [],
    from: Client = alice,
  ): number | undefined {
    const answer = this.say(method, name, attributes, from)
    return answer?.class === 'success' ? 0 : answer?.get(errorCode)?.code
  }

  say(
    method: Method,
    name: string,
    attributes: Parameters<World['ask']>[1] = [],
    from: Client = alice,
  ): Message | undefined {
    const header = { class: 'request', method: methods[method], transaction: this.transaction() } as const
    const identity = [username.of(name), realm.of(REALM), nonce.of(this.nonce(from))]
    const password = /^\d/.test(name) ? restPassword(name, 's') : 'p'
    const key = longTermKey({ username: name, realm: REALM, password }, 'md5')
    return this.deliver(encodeMessage(header, [...attributes, ...identity], [integrity(key)]), from)
  }
}

test('an allocation is for the user behind the time, whatever the time; everybody else gets 441', () => {
  const server = new Server()
  assert.equal(server.code('allocate', server.name(60, 'carol'), [udp]), 0)
  for (const [name, code] of [
    [server.name(90, 'carol'), 0],
    [server.name(90, 'carolina'), 441],
    ['alice', 441],
    [`${server.now / 1000 + 90}`, 441],
  ] as const) {
    assert.deepEqual([server.code('createPermission', name, [peer]), server.code('refresh', name)], [code, code], name)
  }
})

test('a user with a password and one behind a time are not the same, though their names are', () => {
  const server = new Server()
  assert.equal(server.code('allocate', 'alice', [udp]), 0)
  assert.equal(server.code('refresh', server.name(60, 'alice')), 441)
  assert.equal(server.code('refresh', 'alice'), 0)
})

test('a name that is nothing but a time is for itself', () => {
  const server = new Server()
  const [one, other] = [`${server.now / 1000 + 60}`, `${server.now / 1000 + 61}`]
  assert.equal(server.code('allocate', one, [udp]), 0)
  assert.deepEqual([server.code('refresh', other), server.code('refresh', one)], [441, 0])
})

test('when its time is over, a name is good for what was begun with it and for nothing new', () => {
  const server = new Server()
  const name = server.name(60, 'carol')
  assert.equal(server.code('allocate', name, [udp]), 0)
  server.pass(61)
  assert.deepEqual([server.code('createPermission', name, [peer]), server.code('refresh', name)], [0, 0])
  assert.equal(server.code('allocate', name, [udp], bob), 401)
  assert.equal(server.code('refresh', name, [], bob), 437)
  assert.equal(server.code('refresh', name, [lifetime.of(0)]), 0)
  assert.equal(server.code('allocate', name, [udp]), 401)
})

test('a ticket (RFC 8016) is good with another name of the same user, and of nobody else', () => {
  const server = new Server()
  const answer = server.say('allocate', server.name(60, 'carol'), [udp, mobilityTicket.of(new Uint8Array())])
  const ticket = mobilityTicket.of(answer!.get(mobilityTicket)!)
  assert.equal(server.code('refresh', server.name(70, 'dave'), [ticket], bob), 441)
  assert.equal(server.code('refresh', server.name(70, 'carol'), [ticket], bob), 0)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { restPassword, Users } from '../../src/service/index.ts'
import { decodeMessage, errorCode, type UserStore } from '../../src/stun/index.ts'
import type { Credentials } from '../../src/turn/client/index.ts'
import { eventsOf, Net, type NetOptions, peerA, type Station } from './support/net.ts'

const REALM = 'example.org'
const SECRET = 'north'
/** What a REST API would answer: good for two minutes. */
const TTL = 120

function limited(net: Net, user = 'alice', ttl = TTL): Credentials {
  const username = `${Math.floor(net.now / 1000) + ttl}:${user}`
  return { username, password: restPassword(username, SECRET) }
}

/** The same, and it says so. */
function timed(net: Net): Credentials {
  return { ...limited(net), ttl: TTL }
}

const rest = (): UserStore => new Users({ realm: REALM, users: [], secrets: [SECRET] })

/** As RFC 8656 section 5 has it, and coturn: an allocation is for the name that it was made with, and no other. */
function byLetter(): UserStore {
  const users = rest()
  return {
    anonymity: false,
    byHash: () => undefined,
    byName(name, now) {
      const user = users.byName(name, now)
      return user && { ...user, owner: user.name }
    },
  }
}

/** One that looks at the time whenever a name is shown. */
function strict(inner: UserStore): UserStore {
  const alive = (name: string, now: number): boolean => Number.parseInt(name, 10) * 1000 > now
  return {
    ...inner,
    anonymity: false,
    byHash: () => undefined,
    byName: (name, now) => (alive(name, now) ? inner.byName(name, now) : undefined),
  }
}

interface Course {
  readonly net: Net
  readonly station: Station
  /** Why credentials were asked for. */
  readonly asked: string[]
  /** Numbers of the errors that the server answered with, but for challenges. */
  readonly codes: number[]
  /** How many datagrams went each way. */
  readonly sent: number
}

type Giver = (net: Net, why: string) => Credentials | undefined

/** A client that lives so long, that speaks and is spoken to every two seconds, and asks `give` for credentials. */
function live(
  seconds: number,
  options: NetOptions,
  give: Giver,
  first: (net: Net) => Credentials = (net) => limited(net),
): Course {
  const net = new Net(options)
  const station = net.join({ ...first(net), renewable: true })
  const course = { net, station, asked: [] as string[], codes: [] as number[] }
  net.watch = (bytes, way) => {
    const code = way === 'to client' ? decodeMessage(bytes)?.get(errorCode)?.code : undefined
    if (code !== undefined && code !== 438) course.codes.push(code)
    return undefined
  }
  const answer = (): void => {
    for (const { why } of eventsOf(station, 'credentials').slice(course.asked.length)) {
      course.asked.push(why)
      const credentials = give(net, why)
      if (credentials === undefined) net.tell(station, (machine, now) => machine.notRenewed(now))
      else net.tell(station, (machine, now) => machine.renew(credentials, now))
    }
  }
  net.run(500, answer)
  net.tell(station, (machine, now) => machine.channel(peerA, now))
  net.run(500, answer)
  let sent = 0
  for (; sent < seconds / 2; sent += 1) {
    if (station.machine.state === 'closed') break
    net.send(station, peerA, `out ${sent}`)
    net.fromPeer(peerA, net.relayOf(station), `in ${sent}`)
    net.run(2000, answer)
  }
  return { ...course, sent }
}

function losesNothing({ net, station, sent }: Course): void {
  const numbers = (way: string): string[] => Array.from({ length: sent }, (_, index) => `${way} ${index}`)
  assert.equal(station.machine.state, 'alive')
  assert.deepEqual(
    net.atPeers.map(({ text }) => text),
    numbers('out'),
  )
  assert.deepEqual(net.textsFrom(station, peerA), numbers('in'))
  for (const type of ['closed', 'forbidden', 'unbound'] as const) assert.deepEqual(eventsOf(station, type), [])
}

const HOUR = 3600

test('two hours over credentials of two minutes: they are renewed before they end, and no datagram is lost', () => {
  const options = { users: strict(rest()), nonceLifetime: 60 }
  const course = live(2 * HOUR, options, timed, timed)
  losesNothing(course)
  assert.deepEqual(new Set(course.asked), new Set(['ending']))
  assert.ok(course.asked.length >= 100, `${course.asked.length}`)
  assert.deepEqual(course.codes, [401])
})

test('without a word about their end they are renewed when the server refuses them, and no datagram is lost', () => {
  const course = live(2 * HOUR, { users: strict(rest()) }, (net) => limited(net))
  losesNothing(course)
  assert.deepEqual(new Set(course.asked), new Set(['refused']))
})

test('while nobody can give others, requests wait and data goes on; they are asked for every five seconds', () => {
  let left = 10
  const course = live(HOUR, { users: strict(rest()) }, (net) => {
    left -= 1
    return left >= 0 ? undefined : limited(net)
  })
  losesNothing(course)
})

test('a server that ties an allocation to its first name (441) gets that name again, and is asked no more', () => {
  const course = live(2 * HOUR, { users: byLetter() }, timed, timed)
  losesNothing(course)
  assert.ok(course.asked.length <= 4, `${course.asked}`) // those before the first request that showed another name
  assert.deepEqual([...new Set(course.codes)], [401, 441])
})

test('one that also refuses the first name when its time is over is the end, with the reason', () => {
  const { station, asked } = live(HOUR, { users: strict(byLetter()) }, timed, timed)
  const [closed] = eventsOf(station, 'closed')
  assert.deepEqual([closed?.why, closed?.error?.code], ['lost', 441])
  assert.equal(asked.at(-1), 'refused')
})

test('credentials that were asked for and are refused as well are believed to be wrong', () => {
  const wrong = (net: Net): Credentials => ({ ...limited(net), password: 'wrong' })
  const { station, asked } = live(HOUR, { users: strict(rest()) }, wrong)
  const [closed] = eventsOf(station, 'closed')
  assert.deepEqual([closed?.why, closed?.error?.code, asked], ['lost', 401, ['refused']])
})

test('wrong ones that come before the end do no harm while the old ones are good', () => {
  const first = (net: Net): Credentials => ({ ...limited(net, 'alice', 900), ttl: TTL })
  const give: Giver = (net, why) => ({ ...limited(net), ...(why === 'ending' && { password: 'wrong' }) })
  const course = live(HOUR, { users: strict(rest()) }, give, first)
  losesNothing(course)
  assert.deepEqual(course.asked.slice(0, 2), ['ending', 'refused'])
})

test('before there is a relay: refused once, others are asked for; the same ones again are the end, with the 401', () => {
  for (const [again, end] of [
    [true, undefined],
    [false, 401],
  ] as const) {
    const net = new Net({ users: rest() })
    const old = limited(net, 'alice', -10)
    const station = net.join({ ...old, renewable: true })
    net.run(200)
    assert.deepEqual(eventsOf(station, 'credentials'), [{ type: 'credentials', why: 'refused' }])
    net.tell(station, (machine, now) => machine.renew(again ? limited(net) : old, now))
    net.run(200)
    assert.equal(eventsOf(station, 'closed')[0]?.error?.code, end)
    assert.equal(station.machine.state, again ? 'alive' : 'closed')
  }
})

test('where there are no others, the machine does not ask: a refusal is the end', () => {
  const net = new Net({ users: rest() })
  const station = net.join(limited(net, 'alice', -10))
  net.run(200)
  assert.deepEqual([eventsOf(station, 'credentials'), eventsOf(station, 'closed')[0]?.error?.code], [[], 401])
})

test('a relay outlives the name that it was made with; the next one needs a new name', () => {
  const net = new Net({ users: rest() })
  const credentials = limited(net)
  const station = net.join(credentials)
  net.run(1000)
  net.tell(station, (machine, now) => machine.channel(peerA, now))
  net.run(HOUR * 1000)
  assert.equal(station.machine.state, 'alive')
  assert.equal(eventsOf(station, 'unbound').length, 0)
  const late = net.join(credentials)
  net.run(1000)
  assert.equal(eventsOf(late, 'closed')[0]?.error?.code, 401)
})

test('another name for the same user may use a relay, and that of another user may not (441)', () => {
  for (const [user, code] of [
    ['alice', undefined],
    ['bob', 441],
  ] as const) {
    const net = new Net({ users: rest() })
    const station = net.join({ ...limited(net), renewable: true, ttl: TTL })
    net.run(1000)
    net.tell(station, (machine, now) => machine.renew(limited(net, user, 900), now))
    let seen: number | undefined
    net.watch = (bytes, way) => {
      if (way === 'to client') seen ??= decodeMessage(bytes)?.get(errorCode)?.code
      return undefined
    }
    net.tell(station, (machine, now) => machine.permit([peerA.address], now))
    net.run(1000)
    assert.equal(seen, code)
    assert.equal(eventsOf(station, 'permitted').length, 1) // by way of the first name
  }
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sandbox } from '@sallyport/linux'
import {
  capture,
  expectMappingForEach,
  expectOwnMappings,
  expectReaches,
  expectSameMapping,
  expectSilence,
  Lab,
  type LabRouter,
  type Mailbox,
  type Reflector,
  withEvidence,
} from '../../src/index.ts'

await sandbox()

interface Place extends AsyncDisposable {
  readonly lab: Lab
  readonly router: LabRouter
  readonly boxes: readonly [Mailbox, Mailbox]
  readonly servers: readonly [Reflector, Reflector]
}

/** Two hosts on one port behind a NAT, and two servers. */
async function behind(nat: string): Promise<Place> {
  const lab = await Lab.create()
  const router = lab.router('home', { nat })
  const hosts = [router.host('alice'), router.host('bob')] as const
  const nodes = [lab.server('one'), lab.server('two')] as const
  const boxes = [await hosts[0].mailbox({ port: 40_000 }), await hosts[1].mailbox({ port: 40_000 })] as const
  const servers = [await nodes[0].reflector({ port: 3478 }), await nodes[1].reflector({ port: 3478 })] as const
  return { lab, router, boxes, servers, [Symbol.asyncDispose]: () => lab[Symbol.asyncDispose]() }
}

test('one mapping for all servers is told from one for each', async () => {
  await using home = await behind('home')
  const external = home.router.external[0]
  assert.deepEqual(await expectSameMapping(home.boxes[0], home.servers), { address: external, port: 40_000 })
  await assert.rejects(expectMappingForEach(home.boxes[0], home.servers), /has a mapping for several servers/)

  await using hotel = await behind('symmetric')
  assert.equal((await expectMappingForEach(hotel.boxes[0], hotel.servers)).length, 2)
  await assert.rejects(expectSameMapping(hotel.boxes[1], hotel.servers), (error: Error & { actual?: string }) => {
    assert.match(
      error.message,
      /^the socket on 0\.0\.0\.0:40000 has no single mapping: .* to one:3478, .* to two:3478$/,
    )
    return typeof error.actual === 'string'
  })
})

test('sockets that share an external port are found out', async () => {
  await using home = await behind('home')
  assert.equal((await expectOwnMappings(home.boxes, home.servers[0])).length, 2)
  const { servers, boxes } = home
  await assert.rejects(expectOwnMappings([boxes[0], boxes[0]], servers[0]), /share an external endpoint/)
})

test('where something arrives, and what is silent', async () => {
  await using place = await behind('dmz')
  const { lab, router } = place
  const stranger = lab.server('stranger')
  const alice = lab.get('alice')
  await using _door = await alice.doorman({ port: 80 })
  const to = { address: router.external[0]!, port: 80 }
  await expectReaches({ from: stranger, to, protocol: 'tcp' }, alice)
  await assert.rejects(
    expectReaches({ from: stranger, to, protocol: 'tcp' }, lab.get('bob')),
    /does not reach bob: arrived at alice/,
  )
  await assert.rejects(expectSilence({ from: stranger, to, protocol: 'tcp' }), /is answered, not silent/)
  await router.setNat('home')
  await router.flush()
  await expectSilence({ from: stranger, to, protocol: 'tcp' })
})

test('a failure comes with topology, rules, connections and the last packets', async () => {
  await using place = await behind('symmetric')
  await using seen = capture(place.lab, { keep: 20 })
  const failing = withEvidence(place.lab, () => expectSameMapping(place.boxes[0], place.servers), { capture: seen })
  await assert.rejects(failing, ({ message }: Error) => {
    assert.match(message, /^the socket on .* has no single mapping/)
    for (const part of [
      /--- topology\n.*home.*alice/s,
      /--- rules of home\n.*table ip nat_lab/s,
      /--- connections of home\n.*udp 192\.168\.1\.2:40000 → /s,
      /--- last packets\n.*192\.168\.1\.2:40000/s,
    ]) {
      assert.match(message, part)
    }
    return true
  })
})

test('what passes has no evidence, and what it gives is passed on', async () => {
  await using place = await behind('home')
  assert.equal(await withEvidence(place.lab, async () => 42), 42)
})

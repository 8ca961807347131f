import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { sandbox } from '@sallyport/linux'
import { type Happening, ServerError, Threads } from '../../src/service/index.ts'
import * as stun from '../../src/stun/index.ts'
import { channelNumber, errorCode, lifetime, type Message, xorPeerAddress } from '../../src/stun/index.ts'
import { Asker } from './support/asker.ts'
import { serve } from './support/threads.ts'

await sandbox()

/** What never comes is waited for no longer. Milliseconds. */
const within = { timeout: 60_000 }

const codeOf = (message: Message): number => message.get(errorCode)?.code ?? 0

async function askers(count: number, ...args: Parameters<typeof Asker.open>): Promise<Asker[]> {
  return await Promise.all(Array.from({ length: count }, () => Asker.open(...args)))
}

/** How often each code was the answer. */
async function allocations(clients: readonly Asker[]): Promise<Record<number, number>> {
  const codes = await Promise.all(clients.map(async (client) => codeOf(await client.allocate())))
  return Object.fromEntries([...new Set(codes)].map((code) => [code, codes.filter((each) => each === code).length]))
}

test(
  'with four threads a user has as many allocations as the quota says, and again when some have ended',
  within,
  async () => {
    await using served = await serve(4, { limits: { perUser: 5 } })
    const clients = await askers(24, served.at, 'alice')
    assert.deepEqual(await allocations(clients), { 0: 5, 486: 19 })
    const others = await askers(3, served.at, 'bob')
    assert.deepEqual(await allocations(others), { 0: 3 })
    for (const client of clients) await client.codeOf('refresh', lifetime.of(0))
    const later = await askers(8, served.at, 'alice')
    assert.deepEqual(await allocations(later), { 0: 5, 486: 3 })
    for (const each of [...clients, ...others, ...later]) each[Symbol.dispose]()
  },
)

test('with four threads strangers at one address get the replies of one budget', within, async () => {
  await using served = await serve(4)
  const started = Date.now()
  let [bytes, count] = [0, 0]
  const request = stun.encodeMessage(
    { class: 'request', method: stun.methods.allocate, transaction: new Uint8Array(12) },
    [stun.requestedTransport.of(17)],
  )
  const sockets = await Promise.all(
    Array.from({ length: 64 }, async () => {
      const socket = createSocket('udp4').bind(0, '127.0.0.1')
      socket.on('message', ({ length }) => {
        bytes += length
        count += 1
      })
      await once(socket, 'listening')
      return socket
    }),
  )
  while (served.threads.counters.droppedOverBudget < 300) {
    for (const socket of sockets) socket.send(request, served.at.port, served.at.address)
    await setTimeout(20)
  }
  await setTimeout(200) // replies that are on their way
  const seconds = (Date.now() - started) / 1000
  for (const socket of sockets) socket.close()
  assert.ok(bytes <= 10_000 + 2000 * seconds, `${count} replies of ${bytes} bytes in ${seconds} s`)
  assert.ok(count >= 50, `${count}`)
})

test('with four threads a user has as many kept ports as allocations', within, async () => {
  await using served = await serve(4, { limits: { perUser: 3 } })
  const clients = await askers(16, served.at, 'alice')
  const codes: number[] = []
  for (const client of clients) {
    codes.push(await client.codeOf('allocate', stun.requestedTransport.of(17), stun.evenPort.of({ reserve: true })))
    if (codes.at(-1) === 0) await client.codeOf('refresh', lifetime.of(0))
    client[Symbol.dispose]()
  }
  assert.deepEqual(codes, [0, 0, 0, ...Array.from({ length: 13 }, () => 486)])
})

test('with four threads the whole server has as many as the limit says', within, async () => {
  await using served = await serve(4, { limits: { perUser: 100, total: 7 } })
  const clients = [...(await askers(10, served.at, 'alice')), ...(await askers(10, served.at, 'bob'))]
  assert.deepEqual(await allocations(clients), { 0: 7, 508: 13 })
  for (const each of clients) each[Symbol.dispose]()
})

test('what is over the bandwidth is dropped and counted; a change of the limit counts at once', within, async () => {
  await using served = await serve(1, { bandwidth: { allocation: 80_000, user: 0 } })
  const peer = createSocket('udp4').bind(0, '127.0.0.1')
  await once(peer, 'listening')
  let received = 0
  peer.on('message', (bytes) => {
    received += bytes.length
  })
  using client = await Asker.open(served.at, 'alice')
  await client.allocate()
  const at = { address: '127.0.0.1', port: peer.address().port }
  assert.equal(await client.codeOf('channelBind', channelNumber.of(0x4000), xorPeerAddress.of(at)), 0)
  const datagram = Uint8Array.of(0x40, 0, 1000 >> 8, 1000 & 0xff, ...new Uint8Array(1000))
  const flood = async (): Promise<void> => {
    for (let count = 0; count < 100; count += 1) client.send(datagram)
    await client.ask('refresh') // answered behind all of them
    await setTimeout(50) // and what the kernel still has for the peer
  }
  await flood()
  const { droppedOverLimit } = served.threads.counters
  assert.ok(received >= 16_000 && received <= 20_000, `${received}`)
  assert.equal(droppedOverLimit * 1000 + received, 100_000)
  const { policy } = served.relay
  await served.threads.order({ kind: 'policy', policy: { ...policy, bandwidth: { allocation: 0, user: 0 } } })
  await client.ask('refresh')
  received = 0
  await flood()
  assert.equal(received, 100_000)
  peer.close()
})

test('a drained server refuses what is new, and goes on with what there is', within, async () => {
  await using served = await serve(3)
  using old = await Asker.open(served.at, 'alice')
  assert.equal(codeOf(await old.allocate()), 0)
  await served.threads.order({ kind: 'drain' })
  const late = await askers(12, served.at, 'alice')
  assert.deepEqual(await allocations(late), { 508: 12 })
  assert.equal(await old.codeOf('refresh'), 0)
  for (const each of late) each[Symbol.dispose]()
})

test('two thousand refused requests are told of once a second, and all of them are counted', within, async () => {
  const heard: Happening[] = []
  await using served = await serve(1, { hear: (happening) => heard.push(happening) })
  using client = await Asker.open(served.at, 'alice')
  for (let count = 0; count < 2000; count += 1) await client.codeOf('createPermission')
  await setTimeout(1100)
  const refused = heard.filter(({ kind }) => kind === 'refused')
  assert.ok(refused.length >= 1 && refused.length < 20, `${refused.length}`)
  assert.equal(
    refused.reduce((total, each) => total + (each.kind === 'refused' ? each.count : 0), 0),
    2000,
  )
})

test('an address that is not ours: no thread stays, and the reason is told', within, async () => {
  const settings = { listen: [{ address: '192.0.2.1', port: 3478 }], relay: undefined }
  await assert.rejects(Threads.start(3, settings), (error) => {
    assert.ok(error instanceof ServerError)
    assert.match(error.message, /192\.0\.2\.1:3478: EADDRNOTAVAIL/)
    return true
  })
})

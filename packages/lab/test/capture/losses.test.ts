import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Endpoint, sandbox } from '@sallyport/linux'
import { capture, readPcapng, type SeenFrame, type WatchedWire } from '../../src/capture/index.ts'
import { Lab } from '../../src/lab.ts'
import { decodeFrame } from '../../src/packet/index.ts'
import type { Mailbox } from '../../src/traffic/index.ts'
import type { HappeningListener } from '../../src/wire/index.ts'

await sandbox()

/** Payloads of UDP frames that were lost, with cable, direction and what was said. */
function losses(frames: readonly SeenFrame[]): string[] {
  return frames.flatMap(({ data, end, direction, comments }) => {
    const transport = decodeFrame(data)?.transport
    if (transport?.kind !== 'udp') return []
    return comments.map((comment) => `${Buffer.from(transport.payload)} ${end.node} ${direction}: ${comment}`)
  })
}

test('a frame that is lost on its way from a node is recorded as it was sent, one on its way to it is marked', async () => {
  await using lab = await Lab.create()
  const lossy = { delay: '2ms', up: { loss: { every: 2 } }, down: { loss: { every: 3 } } } as const
  const alice = lab.server('alice', { link: lossy })
  const bob = lab.server('bob')
  await lab.ready()
  await using a = await alice.mailbox({ port: 4000 })
  await using b = await bob.mailbox({ port: 4000 })
  const [toAlice, toBob] = [alice, bob].map(({ address }) => ({ address, port: 4000 }))
  await acquainted(a, toBob!, b)
  await acquainted(b, toAlice!, a)
  await using seen = capture(lab)
  await seen.ready()
  for (let count = 0; count < 10; count += 1) {
    await a.send(`up ${count}`, toBob!)
    await b.send(`down ${count}`, toAlice!)
  }
  await seen.settled()
  const lost = losses(seen.last())
  const up = lost.filter((line) => /^up \d alice outbound: alice eth0: lost on the link$/.test(line))
  const down = lost.filter((line) => /^down \d alice inbound: alice eth0: lost on the link$/.test(line))
  assert.deepEqual(
    lost,
    [...lost].filter((line) => up.includes(line) || down.includes(line)),
  )
  assert.equal(up.length, 5, lost.join('\n'))
  assert.ok(down.length === 3 || down.length === 4, lost.join('\n'))
  for (let count = up.length; count < 10; count += 1)
    await b.receive({ where: ({ payload }) => `${payload}`.startsWith('up') })
  for (let count = down.length; count < 10; count += 1)
    await a.receive({ where: ({ payload }) => `${payload}`.startsWith('down') })
})

/** Until one is heard: then the address of the other's interface is known, and nothing waits for it any longer. */
async function acquainted(from: Mailbox, to: Endpoint, listening: Mailbox): Promise<void> {
  for (let heard = false; !heard; ) {
    await from.send('hello', to)
    heard = (await listening.tryReceive({ text: 'hello', within: 50 })) !== undefined
  }
}

test('the wire is watched from its first link on, and no longer than frames are captured', async () => {
  await using lab = await Lab.create()
  const listeners = new Set<HappeningListener>()
  const watch = (listener: HappeningListener): Disposable => {
    listeners.add(listener)
    return { [Symbol.dispose]: () => void listeners.delete(listener) }
  }
  const wires: { wire: WatchedWire | undefined } = { wire: undefined }
  const fabric = { namespace: lab.fabric.namespace, ports: () => [], wires }
  {
    await using seen = capture({ fabric, topology: lab.topology })
    assert.equal(listeners.size, 0)
    wires.wire = { watch, ready: () => Promise.resolve() }
    await seen.settled()
    assert.equal(listeners.size, 1)
  }
  assert.equal(listeners.size, 0)
})

test('a cable that gets other qualities goes on under its name', async () => {
  await using lab = await Lab.create()
  const [alice, bob] = [lab.server('alice'), lab.server('bob')]
  await using a = await alice.mailbox({ port: 4000 })
  await using b = await bob.mailbox({ port: 4000 })
  const chunks: Uint8Array[] = []
  {
    await using _recording = capture(lab, { write: (bytes) => void chunks.push(bytes) })
    await a.send('before', { address: bob.address, port: 4000 })
    await b.receive({ text: 'before' })
    await alice.setLink({ delay: '1ms' })
    await a.send('after', { address: bob.address, port: 4000 })
    await b.receive({ text: 'after' })
  }
  const { interfaces, packets } = readPcapng(Buffer.concat(chunks))
  assert.deepEqual(
    interfaces.map(({ name }) => name),
    ['alice eth0 (internet)', 'bob eth0 (internet)'],
  )
  const sent = packets.filter(
    ({ interface: index, data }) => index === 0 && decodeFrame(data)?.transport?.kind === 'udp',
  )
  assert.equal(sent.length, 2)
})

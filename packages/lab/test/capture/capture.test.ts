import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sandbox, UdpBatch } from '@sallyport/linux'
import { Ruleset } from '@sallyport/nftables'
import { type CaptureFile, capture, readPcapng } from '../../src/capture/index.ts'
import { load } from '../../src/nat/index.ts'
import { decodeFrame } from '../../src/packet/index.ts'
import { house, Stage } from './stage.ts'

await sandbox()

const toServer = { address: '203.0.113.10', port: 3478 }

/** UDP frames as 'interface direction source → destination text', in the order of the file. */
function udpFrames({ interfaces, packets }: CaptureFile): string[] {
  return packets.flatMap(({ interface: index, direction, data }) => {
    const { source, destination, transport } = decodeFrame(data) ?? {}
    if (transport?.kind !== 'udp') return []
    const { sourcePort, destinationPort, payload } = transport
    const way = `${source}:${sourcePort} → ${destination}:${destinationPort}`
    return [`${interfaces[index]?.name} ${direction} ${way} ${Buffer.from(payload)}`]
  })
}

test('a datagram through a NAT is seen on every cable of its way, with what NAT did', async () => {
  const { stage, alice, server } = await house()
  await using _stage = stage
  const chunks: Uint8Array[] = []
  await using box = await alice.mailbox({ port: 40000 })
  await using listening = await server.mailbox({ port: 3478 })
  {
    await using _recording = capture(stage, { write: (bytes) => void chunks.push(bytes) })
    await box.send('ask', toServer)
    const { from } = await listening.receive()
    await listening.send('answer', from)
    await box.receive()
  }
  const file = readPcapng(Buffer.concat(chunks))
  assert.deepEqual(
    file.interfaces.map(({ name, addresses }) => [name, addresses?.[0]]),
    [
      ['home wan (internet)', '203.0.113.2/24'],
      ['home lan (house)', '192.168.1.1/24'],
      ['alice eth0 (house)', '192.168.1.2/24'],
      ['server eth0 (internet)', '203.0.113.10/24'],
    ],
  )
  assert.deepEqual(udpFrames(file), [
    'alice eth0 (house) outbound 192.168.1.2:40000 → 203.0.113.10:3478 ask',
    'home lan (house) inbound 192.168.1.2:40000 → 203.0.113.10:3478 ask',
    'home wan (internet) outbound 203.0.113.2:40000 → 203.0.113.10:3478 ask',
    'server eth0 (internet) inbound 203.0.113.2:40000 → 203.0.113.10:3478 ask',
    'server eth0 (internet) outbound 203.0.113.10:3478 → 203.0.113.2:40000 answer',
    'home wan (internet) inbound 203.0.113.10:3478 → 203.0.113.2:40000 answer',
    'home lan (house) outbound 203.0.113.10:3478 → 192.168.1.2:40000 answer',
    'alice eth0 (house) inbound 203.0.113.10:3478 → 192.168.1.2:40000 answer',
  ])
  assert.deepEqual(
    file.packets.flatMap(({ comments }) => comments),
    [
      'home: 192.168.1.2:40000 → 203.0.113.2:40000 (source NAT)',
      'home: 203.0.113.2:40000 → 192.168.1.2:40000 (destination NAT)',
    ],
  )
  assert.deepEqual(file.names[0], { address: '203.0.113.2', names: ['home'] })
  assert.equal(
    file.statistics.reduce((sum, { received = 0n }) => sum + received, 0n),
    BigInt(file.packets.length),
  )
})

test('a packet that a router drops is marked where it came in', async () => {
  const { stage, home, server } = await house()
  await using _stage = stage
  const rules = new Ruleset()
  rules.table('ip', 'closed').chain('in', { hook: 'input', policy: 'drop' })
  load(rules, home.namespace)
  await using stranger = await server.mailbox({ port: 5000 })
  await using seen = capture(stage)
  await stranger.send('unsolicited', { address: '203.0.113.2', port: 40000 })
  await seen.settled()
  const commented = seen.last({ where: ({ comments }) => comments.length > 0 })
  assert.deepEqual(
    commented.map(({ end, direction, comments }) => [end.node, end.interface, direction, ...comments]),
    [['home', 'wan', 'inbound', 'home: not forwarded']],
  )
  assert.match(
    seen.render({ node: 'home' }),
    /home wan \(internet\) ← UDP 203\.0\.113\.10:5000 → 203\.0\.113\.2:40000, 11 bytes, ttl 64 {2}# home: not forwarded\n/,
  )
})

test('a cable that is added meanwhile gets its interface', async () => {
  await using stage = new Stage()
  const net = stage.network('net')
  const first = stage.node('first', { eth0: net.at('10.0.0.1/24') })
  const chunks: Uint8Array[] = []
  await using box = await first.mailbox({ port: 4000 })
  {
    await using _recording = capture(stage, { write: (bytes) => void chunks.push(bytes) })
    const second = stage.node('second', { eth0: net.at('10.0.0.2/24') })
    await stage.ready()
    await (await second.mailbox({ port: 4000 })).send('hello', { address: '10.0.0.1', port: 4000 })
    await box.receive()
  }
  assert.deepEqual(udpFrames(readPcapng(Buffer.concat(chunks))), [
    'second eth0 (net) outbound 10.0.0.2:4000 → 10.0.0.1:4000 hello',
    'first eth0 (net) inbound 10.0.0.2:4000 → 10.0.0.1:4000 hello',
  ])
})

test('only the nodes asked for are recorded, and only so many bytes', async () => {
  const { stage, alice, server } = await house()
  await using _stage = stage
  await using box = await alice.mailbox({ port: 40000 })
  await using listening = await server.mailbox({ port: 3478 })
  await using seen = capture(stage, { nodes: ['server'], snap: 60, keep: 2 })
  for (const text of ['one', 'two', 'three']) await box.send(text.padEnd(100), toServer)
  for (let count = 0; count < 3; count += 1) await listening.receive()
  await seen.settled()
  const frames = seen.last({ where: ({ length }) => length === 142 })
  assert.deepEqual(
    frames.map(({ end, data, length }) => [end.node, data.length, length, `${Buffer.from(data.subarray(42, 47))}`]),
    [
      ['server', 60, 142, 'two  '],
      ['server', 60, 142, 'three'],
    ],
  )
})

test('a file that cannot be written is refused at once, and both ways out together too', async () => {
  await using stage = new Stage()
  assert.throws(() => capture(stage, { file: '/no/such/folder/x.pcapng' }), { code: 'ENOENT' })
  assert.throws(() => capture(stage, { file: 'x', write: () => {} }), /not to both/)
})

test('an error of the writer is told by stop', async () => {
  await using stage = new Stage()
  const net = stage.network('net')
  const node = stage.node('a', { eth0: net.at('10.0.0.1/24') })
  await stage.ready()
  let calls = 0
  const write = (): void => {
    calls += 1
    if (calls > 1) throw new Error('disk full')
  }
  const recording = capture(stage, { write })
  await (await node.mailbox()).send('x', { address: '10.0.0.9', port: 9 })
  await assert.rejects(recording.stop(), /disk full/)
})

test('frames that came faster than they were read are counted, in the file too', async () => {
  await using stage = new Stage()
  const net = stage.network('net')
  const [first, second] = [
    stage.node('a', { eth0: net.at('10.0.0.1/24') }),
    stage.node('b', { eth0: net.at('10.0.0.2/24') }),
  ]
  await stage.ready()
  const chunks: Uint8Array[] = []
  await using recording = capture(stage, { write: (bytes) => void chunks.push(bytes) })
  const to = { address: '10.0.0.2', port: 4000 }
  await using listening = await second.mailbox({ port: 4000 })
  await (await first.mailbox({ port: 4000 })).send('first', to)
  await listening.receive()
  assert.equal(recording.missed(), 0)
  using flood = UdpBatch.open({ namespace: first.namespace })
  const letters = UdpBatch.prepare(Array.from({ length: 64 }, () => ({ to, payload: new Uint8Array(1400) })))
  for (let round = 0; round < 1000; round += 1) flood.send(letters)
  await recording.stop()
  const { packets, statistics } = readPcapng(Buffer.concat(chunks))
  const [received, dropped] = [statistics[0]?.received, statistics[0]?.dropped]
  const inFile = packets.filter((packet) => packet.interface === 0).length
  assert.ok(dropped !== undefined && dropped > 0n, 'a socket buffer holds 64,000 frames on no machine')
  assert.equal(received, BigInt(inFile) + dropped)
  assert.ok(recording.missed() >= Number(dropped))
})

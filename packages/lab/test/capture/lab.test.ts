import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sandbox } from '@sallyport/linux'
import { capture, readPcapng } from '../../src/capture/index.ts'
import { Lab } from '../../src/lab.ts'
import { decodeFrame } from '../../src/packet/index.ts'

await sandbox()

test('two hosts behind two routers: both NATs are in the file, and a probe that came too early', async () => {
  await using lab = await Lab.create()
  const [home, hotel] = [lab.router('home', { nat: 'home' }), lab.router('hotel', { nat: 'home' })]
  const [alice, bob] = [home.host('alice'), hotel.host('bob')]
  await using a = await alice.mailbox({ port: 40000 })
  await using b = await bob.mailbox({ port: 41000 })
  const chunks: Uint8Array[] = []
  const [to, back] = [hotel, home].map((router) => router.external[0]!)
  {
    await using recording = capture(lab, { write: (bytes) => void chunks.push(bytes) })
    await a.send('too early', { address: to!, port: 41000 })
    await recording.settled()
    await b.send('through', { address: back!, port: 40000 })
    await a.receive({ text: 'through' })
  }
  const { interfaces, packets } = readPcapng(Buffer.concat(chunks))
  assert.equal(interfaces.length, 6)
  const told = packets.flatMap(({ data, comments }) => {
    const transport = decodeFrame(data)?.transport
    return transport?.kind === 'udp' ? comments.map((comment) => `${Buffer.from(transport.payload)}, ${comment}`) : []
  })
  assert.deepEqual(told, [
    `too early, home: ${alice.address}:40000 → ${back}:40000 (source NAT)`,
    'too early, hotel: not forwarded',
    `through, hotel: ${bob.address}:41000 → ${to}:41000 (source NAT)`,
    `through, home: ${back}:40000 → ${alice.address}:40000 (destination NAT)`,
  ])
})

test('the first packet over a slow link waits for the next hop to be found: it is forwarded all the same', async () => {
  await using lab = await Lab.create()
  const home = lab.router('home', { nat: 'home', uplink: { delay: '20ms' } })
  const alice = home.host('alice')
  const server = lab.server('server', { link: { delay: '15ms' } })
  await lab.ready()
  await home.setLink({ delay: '60ms' })
  await using a = await alice.mailbox()
  await using b = await server.mailbox({ port: 5000 })
  await using recording = capture(lab)
  await a.send('first', { address: server.address, port: 5000 })
  await b.receive({ text: 'first' })
  await recording.settled()
  const comments = recording.last({ node: 'home' }).flatMap((frame) => frame.comments)
  assert.match(comments.join('\n'), /source NAT/)
  assert.doesNotMatch(comments.join('\n'), /not forwarded/)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sandbox } from '@sallyport/linux'
import { Lab, load, masquerade, report } from '../../src/index.ts'
import { Nat64, nat64Address } from '../../src/ipv6/index.ts'
import type { LabNode } from '../../src/node.ts'

await sandbox()

/** A host of IPv6 alone behind a router that has IPv4 alone outside. */
async function network(): Promise<{ lab: Lab; router: LabNode; phone: LabNode; server: LabNode }> {
  const lab = await Lab.create()
  const internet = lab.network('internet')
  const house = lab.network('house')
  const interfaces = { wan: internet.at('203.0.113.1/24'), lan: house.at('2001:db8:1::1/64') }
  const router = lab.node('router', interfaces, { forwarding: true })
  load(masquerade('wan'), router.namespace)
  const phone = lab.node('phone', { eth0: house.at('2001:db8:1::10/64') }, { via: '2001:db8:1::1' })
  const server = lab.node('server', { eth0: internet.at('203.0.113.10/24') })
  return { lab, router, phone, server }
}

test('a host of IPv6 alone reaches a server of IPv4 alone over UDP, as the router', async () => {
  const { lab, router, phone, server } = await network()
  await using _lab = lab
  await using _nat64 = new Nat64(router.namespace)
  await using reflector = await server.reflector({ port: 3478 })
  await using box = await phone.mailbox({ address: '::', port: 40_000 })
  const to = { address: nat64Address('203.0.113.10'), port: 3478 }
  assert.equal(to.address, '64:ff9b::cb00:710a')
  assert.deepEqual((await report(box, to)).source, { address: '203.0.113.1', port: 40_000 })
  assert.equal(reflector.drain().length, 0)
})

test('a megabyte over TCP arrives whole in both directions', async () => {
  const { lab, router, phone, server } = await network()
  await using _lab = lab
  await using _nat64 = new Nat64(router.namespace)
  const listener = await server.tcpListen({ port: 80 })
  listener.on('connection', (socket) => socket.pipe(socket))
  const socket = await phone.tcpConnect({ to: { address: nat64Address('203.0.113.10'), port: 80 } })
  const sent = Buffer.alloc(1 << 20, 'abcdefghijklmno')
  socket.end(sent)
  assert.ok(Buffer.concat(await socket.toArray()).equals(sent))
})

test('an ICMP error comes back as ICMPv6: a closed port is refused', async () => {
  const { lab, router, phone } = await network()
  await using _lab = lab
  await using _nat64 = new Nat64(router.namespace)
  const to = { address: nat64Address('203.0.113.10'), port: 81 }
  await assert.rejects(phone.tcpConnect({ to, timeout: 3000 }), { code: 'ECONNREFUSED' })
  const udp = await phone.udp({ address: '::' })
  const refused = new Promise<Error>((resolve) => udp.once('error', resolve))
  udp.connect(9, to.address, () => udp.send('anybody there?'))
  assert.match(`${await refused}`, /ECONNREFUSED/)
})

test('a datagram of several fragments arrives', async () => {
  const { lab, router, phone, server } = await network()
  await using _lab = lab
  await using _nat64 = new Nat64(router.namespace)
  await using box = await server.mailbox({ port: 3478 })
  await using sender = await phone.mailbox({ address: '::' })
  await sender.send('x'.repeat(4000), { address: nat64Address('203.0.113.10'), port: 3478 })
  const { payload, from } = await box.receive()
  assert.equal(payload.length, 4000)
  await box.send('y'.repeat(4000), from)
  assert.equal((await sender.receive()).payload.length, 4000)
})

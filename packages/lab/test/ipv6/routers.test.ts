import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sandbox } from '@sallyport/linux'
import { Lab, type LabNode, nat64Address, report } from '../../src/index.ts'

await sandbox()

const families = ['ipv4', 'ipv6'] as const

/** The IPv6 address of a node as the kernel has it. */
function global6(node: LabNode): string {
  using route = node.route()
  const found = route.addresses().find(({ address, link }) => link === 'eth0' && /^(2001|fd)/.test(address))
  return found?.address.split('/')[0] ?? 'none'
}

/** Where a server sees a node over IPv6. */
async function seen6(node: LabNode, server: LabNode, port: number): Promise<{ address: string; port: number }> {
  const address = server.addresses.find((each) => each.includes(':'))!
  await using reflector = await server.reflector({ address: '::', port: 3478 })
  await using box = await node.mailbox({ address: '::', port })
  return (await report(box, { address, port: reflector.endpoint.port })).source
}

test('a host that listens to advertisements is on the internet of IPv6 when the lab is ready', async () => {
  await using lab = await Lab.create({ families })
  const home = lab.router('home')
  const laptop = home.host('laptop', { slaac: true })
  const server = lab.server('server')
  await lab.ready()
  const address = global6(laptop)
  assert.match(address, /^2001:db8:/)
  assert.deepEqual(await seen6(laptop, server, 40_000), { address, port: 40_000 })
})

test('a host that comes later is told, too', async () => {
  await using lab = await Lab.create({ families })
  const home = lab.router('home')
  home.host('first', { slaac: true })
  await lab.ready()
  const second = home.host('second', { slaac: true })
  await lab.ready()
  assert.match(global6(second), /^2001:db8:/)
})

for (const [ipv6, pattern] of [
  ['nptv6', /^2001:db8:/],
  ['nat66', /^2001:db8:/],
] as const) {
  test(`${ipv6}: a host with a unique local address is seen with a public one`, async () => {
    await using lab = await Lab.create({ families })
    const home = lab.router('home', { ipv6 })
    const laptop = home.host('laptop')
    const server = lab.server('server')
    const inside = laptop.addresses.find((address) => address.includes(':'))!
    assert.match(inside, /^fd/)
    const { address, port } = await seen6(laptop, server, 40_000)
    assert.match(address, pattern)
    assert.equal(port, 40_000)
    const routers = home.addresses.filter((each) => each === address)
    assert.equal(routers.length, ipv6 === 'nat66' ? 1 : 0)
  })
}

test('a house of IPv6 alone reaches servers of IPv4 alone through NAT64, with the NAT of its router', async () => {
  await using lab = await Lab.create({ families })
  const home = lab.router('home', { lan: 'none', nat64: true, nat: 'symmetric' })
  const phone = home.host('phone')
  assert.deepEqual(
    phone.addresses.filter((address) => !address.includes(':')),
    [],
  )
  const server = lab.server('server')
  const other = lab.server('other')
  const ports: number[] = []
  await using box = await phone.mailbox({ address: '::', port: 40_000 })
  for (const each of [server, other]) {
    await using reflector = await each.reflector({ port: 3478 })
    const to = { address: nat64Address(each.address), port: reflector.endpoint.port }
    const { source } = await report(box, to)
    assert.equal(source.address, home.external[0])
    ports.push(source.port)
  }
  assert.notEqual(ports[0], ports[1], 'a symmetric NAT gives every destination another port')
})

test('nat64 without IPv6 in the lab is refused with what is missing', async () => {
  await using lab = await Lab.create()
  assert.throws(() => lab.router('home', { nat64: true }), /nat64 needs a LAN with IPv6.*families/)
})

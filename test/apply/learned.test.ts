import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { knock, type LabNode, type Mailbox, report, sandbox } from '@sallyport/lab'
import { buildHouse, config, type House, WAN } from './support/house.ts'

await sandbox()

const nat = (timeout: string, takeover: string, rest = ''): string =>
  `nat: { mapping: endpoint-independent, filtering: endpoint-independent, protocols: [udp], timeout: ${timeout}, takeover: ${takeover}${rest} }\n`

/** A host's socket on a port, and the external port that a server sees. */
async function opened(house: House, host: LabNode, port: number): Promise<{ box: Mailbox; external: number }> {
  await using reflector = await house.server.reflector({ port: 3478 })
  const box = await host.mailbox({ port })
  const { source } = await report(box, reflector.endpoint)
  return { box, external: source.port }
}

/** The kernel counts what is left of a timeout in ticks of 1 to 10 ms: what happens within one happens at once. */
const jiffies = (): Promise<void> => setTimeout(25)

test('other times: the mapping stays, with at most the new time, and a second host cannot take its port', async () => {
  await using house = await buildHouse()
  const { sallyport, alice, bob, stranger } = house
  sallyport.apply(config(nat('5m', '2m', ', limit: none')))
  const first = await opened(house, alice, 50000)
  assert.equal(first.external, 50000)
  const done = sallyport.apply(config(nat('1m', '50s', ', limit: none')))
  assert.ok(done.changes.some(({ op, kind, name }) => `${op} ${kind} ${name}` === 'add mapping claim { udp . 50000 }'))
  const [kept] = sallyport.status().mappings
  assert.equal(kept?.internal, '192.168.1.100:50000')
  assert.ok(kept.expires > 50 && kept.expires <= 60, `${kept.expires} s`)

  const second = await opened(house, bob, 50000)
  assert.notEqual(second.external, 50000)
  await using probe = await stranger.mailbox()
  await probe.send('to alice', { address: WAN, port: 50000 })
  assert.equal((await first.box.receive({ text: 'to alice' })).from.address, stranger.address)
  assert.equal(sallyport.apply(config(nat('1m', '50s', ', limit: none'))).messages, 0)
})

test('longer times: what was learned lives on, and its timeout grows with the next packet', async () => {
  await using house = await buildHouse()
  const { sallyport, alice } = house
  sallyport.apply(config(nat('30s', '20s', ', limit: none')))
  const { box, external } = await opened(house, alice, 50000)
  sallyport.apply(config(nat('10m', '20s', ', limit: none')))
  assert.ok(sallyport.status().mappings[0]!.expires <= 30)
  await using reflector = await house.server.reflector({ port: 4000 })
  for (let tries = 0; tries < 40 && sallyport.status().mappings[0]!.expires <= 30; tries++) {
    assert.equal((await report(box, reflector.endpoint)).source.port, external)
    await box.tryReceive({ within: 50 }) // refreshed once a second
  }
  assert.ok(sallyport.status().mappings[0]!.expires > 500)
})

test('a smaller limit keeps the ports that were used last, and the others close', async () => {
  await using house = await buildHouse()
  const { sallyport, alice, stranger } = house
  sallyport.apply(config(nat('1m', '30s', ', hosts: [alice], limit: 8')))
  for (const port of [50000, 50001, 50002]) {
    await opened(house, alice, port)
    await jiffies()
  }
  const done = sallyport.apply(config(nat('1m', '30s', ', hosts: [alice], limit: 2')))
  const budget = done.changes.filter(({ op, name }) => op === 'add' && name.startsWith('open_')).map(({ name }) => name)
  assert.equal(budget.filter((name) => name.includes('{')).length, 2, budget.join())
  assert.ok(!budget.some((name) => name.includes('50000')), budget.join())
  assert.equal(await knock({ from: stranger, to: { address: WAN, port: 40000 }, protocol: 'udp' }), 'silent')
})

test('a host that may not open ports any more loses them, the others do not', async () => {
  await using house = await buildHouse()
  const { sallyport, alice, bob } = house
  sallyport.apply(config(nat('1m', '30s', ', hosts: [alice, bob], limit: 8')))
  await opened(house, alice, 50000)
  await opened(house, bob, 50001)
  sallyport.apply(config(nat('1m', '30s', ', hosts: [bob], limit: 8')))
  assert.deepEqual(
    sallyport.status().mappings.map(({ internal }) => internal),
    ['192.168.1.101:50001'],
  )
})

test('filtering that becomes narrower ends what strangers had begun, and not what the host has', async () => {
  await using house = await buildHouse()
  const { sallyport, alice, stranger, server } = house
  sallyport.apply(config(nat('1m', '30s', ', limit: none')))
  const { box } = await opened(house, alice, 50000)
  await using probe = await stranger.mailbox()
  await probe.send('hello', { address: WAN, port: 50000 })
  const { from } = await box.receive({ text: 'hello' })
  await box.send('answer', from)
  await probe.receive({ text: 'answer' })
  const narrow = nat('1m', '30s', ', limit: none').replace(
    'filtering: endpoint-independent',
    'filtering: address-and-port-dependent',
  )
  const flows = sallyport.apply(config(narrow)).changes.filter(({ kind }) => kind === 'flow')
  assert.equal(flows.length, 1)
  assert.match(flows[0]!.name, new RegExp(`^udp ${stranger.address}:\\d+ -> ${WAN}:50000$`))
  await probe.send('again', { address: WAN, port: 50000 })
  await box.expectNothing({ text: 'again' })
  await using reflector = await server.reflector({ port: 3478 })
  assert.equal((await report(box, reflector.endpoint)).source.port, 50000)
})

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { Lab, load, masquerade, type NatBehaviour, portTriggering, report, sandbox, symmetric } from '@sallyport/lab'
import { print, type Ruleset } from '@sallyport/nftables'
import { buildHouse, type House, measure, wanAddress } from './support/house.ts'
import { withoutNft } from './support/oracle.ts'

await sandbox()

async function behind(rules: Ruleset): Promise<House> {
  const house = await buildHouse()
  load(rules, house.router.namespace)
  return house
}

const triggering = portTriggering({
  wan: 'wan',
  inside: '192.168.1.0/24',
  hosts: [{ address: '192.168.1.100', ports: [6881, '30000-30099'] }],
})

function kindOf({ mapping, filtering, grade }: NatBehaviour): string[] {
  return [mapping, filtering, grade]
}

test('masquerade gives a console that is alone a B', async () => {
  await using house = await behind(masquerade('wan'))
  const [only] = await measure(house, house.consoles.slice(0, 1))
  assert.deepEqual(kindOf(only!), ['endpoint-independent', 'address-and-port-dependent', 'B'])
  assert.equal(only!.external, `${wanAddress}:50000`)
})

test('masquerade gives consoles on the same port a B where they meet at once', async () => {
  await using house = await behind(masquerade('wan'))
  const measured = await measure(house)
  assert.deepEqual(
    measured.map(({ grade }) => grade),
    ['B', 'B', 'B'],
  )
  assert.equal(new Set(measured.map(({ external }) => external)).size, 3)
})

test('masquerade gives consoles on the same port a D where they begin at different servers', async () => {
  await using house = await behind(masquerade('wan'))
  const grades = (await measure(house, house.consoles, { crossed: true })).map(({ grade }) => grade)
  assert.deepEqual(grades, ['D', 'D', 'D'])
})

test('symmetric gives everybody a D, and another port than the local one', async () => {
  await using house = await behind(symmetric('wan'))
  for (const console of await measure(house)) {
    assert.deepEqual(kindOf(console), ['address-and-port-dependent', 'address-and-port-dependent', 'D'])
    assert.equal(console.external, null)
  }
})

test('port triggering gives the first console an A, and the second on the same port none', async () => {
  await using house = await behind(triggering)
  const [first, ...others] = await measure(house)
  assert.deepEqual(kindOf(first!), ['endpoint-independent', 'endpoint-independent', 'A'])
  for (const other of others)
    assert.deepEqual(kindOf(other), ['endpoint-independent', 'address-and-port-dependent', 'B'])
})

test('port triggering gives consoles that begin at different servers a D', async () => {
  await using house = await behind(triggering)
  const grades = (await measure(house, house.consoles, { crossed: true })).map(({ grade }) => grade)
  assert.deepEqual(grades, ['D', 'D', 'D'])
})

test('port triggering: consoles on ports of their own all get an A', async () => {
  await using house = await behind(triggering)
  for (const [index, console] of house.consoles.entries()) {
    const [measured] = await measure(house, [console], { port: 50000 + index })
    assert.equal(measured!.grade, 'A')
  }
})

test('port triggering: the first host on a port keeps it, not the last as its author says', async () => {
  await using house = await behind(triggering)
  await using server = await house.servers[0].reflector({ port: 3478 })
  await using stranger = await house.stranger.mailbox()
  const [first, second] = house.consoles
  await using one = await first!.mailbox({ port: 50000 })
  await using two = await second!.mailbox({ port: 50000 })
  for (const box of [one, two]) await report(box, server.endpoint)
  await stranger.send('for whom?', { address: wanAddress, port: 50000 })
  await one.receive({ text: 'for whom?' })
  await two.expectNothing({ text: 'for whom?', within: 50 })
})

test('port triggering: a probe that comes before the first packet moves the mapping', async () => {
  await using house = await behind(triggering)
  await using server = await house.servers[0].reflector({ port: 3478 })
  await using box = await house.consoles[0]!.mailbox({ port: 50000 })
  await server.send('early', { address: wanAddress, port: 50000 })
  const { source } = await report(box, server.endpoint)
  assert.notEqual(source.port, 50000)
})

test('port triggering: who sends from a forwarded port of another host is rejected', async () => {
  await using house = await behind(triggering)
  await using server = await house.servers[0].reflector({ port: 3478 })
  await using thief = await house.consoles[0]!.mailbox({ port: 6881 })
  await using owner = await house.workstation.mailbox({ port: 6881 })
  await assert.rejects(report(thief, server.endpoint, { attempts: 2, interval: 50 }), /did not answer/)
  assert.equal((await report(owner, server.endpoint)).source.port, 6881)
})

test('port triggering is listed by nft as the published rules are', { skip: withoutNft }, async () => {
  await using lab = await Lab.create()
  const ours = lab.node('ours', {})
  const theirs = lab.node('theirs', {})
  const input = readFileSync(new URL('fixtures/port-triggering.nft', import.meta.url), 'utf8')
  assert.deepEqual(await theirs.exec('nft', ['-f', '-'], { input }), { status: 0, stdout: '', stderr: '' })
  load(triggering, ours.namespace)
  const listings = await Promise.all([ours, theirs].map((node) => node.exec('nft', ['list', 'ruleset'])))
  const [own, published] = listings.map(({ stdout }) => chains(stdout))
  assert.equal(published!.size, 11)
  assert.deepEqual(own, new Map([...published!].map(([chain, rules]) => [chain, rules.flatMap(asWeSayIt)])))
})

/** Statements of the original that are said in other words: exact comparison of flags, and the IP version. */
function asWeSayIt(rule: string): string[] {
  const every = 'expected,seen-reply,assured,confirmed,snat,dnat,dying'
  if (rule.startsWith('ct status {')) return ['snat', 'dnat'].map((bit) => `ct status ${bit} / ${every} return`)
  return [
    rule
      .replace('ip version 4', 'meta nfproto ipv4')
      .replace('ct state != { invalid, new, untracked }', 'ct state ! invalid,new,untracked')
      .replace('ct state { invalid, new, untracked }', 'ct state invalid,new,untracked'),
  ]
}

/** Chains (and the map) of a listing by their names; nft lists them in the order in which they were made. */
function chains(listing: string): Map<string, string[]> {
  const found = [...listing.matchAll(/^\t((?:chain|map) \S+) \{\n(.*?)^\t\}/gms)]
  return new Map(found.map(([, name, body]) => [name!, body!.trim().split(/\n\s*/)]))
}

test('a preset can be read as nft text', () => {
  assert.match(print(triggering), /add @porttoip \{ udp sport : ip saddr \}/)
})

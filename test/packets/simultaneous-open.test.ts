import assert from 'node:assert/strict'
import { test } from 'node:test'
import { load, readDoorman, sandbox } from '@sallyport/lab'
import { drop, Ruleset, tcp } from '@sallyport/nftables'
import { buildHouse, fullCone, WAN } from '../support/house.ts'

await sandbox()

test('TCP: two hosts that connect to each other at once have one connection (RFC 5382 REQ-2)', {
  timeout: 60_000,
}, async () => {
  await using house = await buildHouse(fullCone)
  const [host] = house.consoles
  const door = await house.serverNodes[0].doorman({ port: 80 })
  const first = await host.tcpConnect({ to: door.endpoint, from: { port: 40000 } })
  assert.equal((await readDoorman(first)).source.port, 40000)
  // So that the stranger does not refuse before it connects itself.
  const rules = new Ruleset()
  const output = rules.table('ip', 'patient').chain('output', { hook: 'output', priority: 'filter', policy: 'accept' })
  output.rule(tcp.flags.any('rst'), drop())
  load(rules, house.stranger.namespace)

  const outward = host.tcpConnect({
    to: { address: house.stranger.address, port: 9100 },
    from: { port: 40000 },
  })
  const inward = house.stranger.tcpConnect({ to: { address: WAN, port: 40000 }, from: { port: 9100 } })
  const [inside, outside] = await Promise.all([outward, inward])

  assert.deepEqual([inside.remoteAddress, inside.remotePort], [house.stranger.address, 9100])
  assert.deepEqual([outside.remoteAddress, outside.remotePort], [WAN, 40000])
  inside.end('through the hole')
  let text = ''
  for await (const chunk of outside) text += chunk
  assert.equal(text, 'through the hole')
})

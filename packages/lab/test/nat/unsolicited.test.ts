import assert from 'node:assert/strict'
import test from 'node:test'
import { Conntrack, sandbox } from '@sallyport/linux'
import { knock } from '../../src/measure/index.ts'
import type { NatOptions } from '../../src/nat/index.ts'
import { behind, type House, seen } from './support.ts'

await sandbox()

/** A server's packet comes first, then the host's first one to it: the port that the server sees. */
async function portAfterProbe({ router, hosts, servers }: House): Promise<number> {
  await servers[0].send('early', { address: router.external[0]!, port: 40000 })
  const box = await hosts[0].mailbox({ port: 40000 })
  return (await seen(box, servers[0])).port
}

const remembering: NatOptions[] = ['linux', 'port-restricted-published', { overloading: true, unsolicited: 'remember' }]
for (const nat of remembering) {
  test(`${JSON.stringify(nat)}: an early probe takes the port away, as it does in reality`, async () => {
    await using house = await behind(nat)
    assert.notEqual(await portAfterProbe(house), 40000)
  })
}

const dropping: NatOptions[] = [
  'linux-dropping',
  'port-restricted-corrected',
  'home',
  'sallyport',
  { overloading: true },
]
for (const nat of dropping) {
  test(`${JSON.stringify(nat)}: an early probe changes nothing`, async () => {
    await using house = await behind(nat)
    assert.equal(await portAfterProbe(house), 40000)
  })
}

test('a probe that was dropped leaves no connection behind; one that was remembered does', async () => {
  for (const [nat, flows] of [
    ['home', 0],
    ['linux', 1],
  ] as const) {
    await using house = await behind(nat)
    await house.servers[0].send('early', { address: house.router.external[0]!, port: 40000 })
    await knock(
      { from: house.lab.get('stranger'), to: { address: house.router.external[0]!, port: 9 }, protocol: 'udp' },
      100,
    )
    using conntrack = Conntrack.open({ namespace: house.router.namespace })
    const ports = conntrack.list().map(({ original }) => original.protocol === 'udp' && original)
    assert.equal(ports.filter((tuple) => tuple && JSON.stringify(tuple).includes('40000')).length, flows, nat)
  }
})

test('a closed port is silent behind drop, and answers behind remember', async () => {
  for (const [nat, answer] of [
    ['home', 'silent'],
    ['linux', 'refused'],
  ] as const) {
    await using house = await behind(nat)
    const to = { address: house.router.external[0]!, port: 23 }
    for (const protocol of ['tcp', 'udp'] as const)
      assert.equal(await knock({ from: house.lab.get('stranger'), to, protocol }), answer)
  }
})

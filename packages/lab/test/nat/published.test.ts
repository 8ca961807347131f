import assert from 'node:assert/strict'
import test from 'node:test'
import { sandbox } from '@sallyport/linux'
import { Lab } from '../../src/lab.ts'
import type { PresetName } from '../../src/nat/index.ts'
import { presets } from '../../src/nat/index.ts'
import type { Endpoint, Mailbox } from '../../src/traffic/index.ts'
import { seen } from './support.ts'

await sandbox()

const agentPort = 55551 // AGENT_PORT of the published DMZ rules

/** Two peers behind the same kind of NAT learn their external endpoints and write to each other's: who is heard? */
async function punched(name: PresetName): Promise<[boolean, boolean]> {
  await using lab = await Lab.create()
  const server = await lab.server('server').reflector({ port: 3478 })
  const peers = []
  for (const house of ['a', 'b']) {
    const router = lab.router(house, { nat: presets[name] })
    peers.push(await router.host(`agent-${house}`).mailbox({ port: agentPort }))
  }
  const [a, b] = peers as [Mailbox, Mailbox]
  const [atA, atB] = [await seen(a, server), await seen(b, server)]
  for (let round = 0; round < 4; round += 1) await probe(a, atB, b, atA)
  return [await heard(a), await heard(b)]
}

/** The first is there before the other one's is sent: the order in which published rules go wrong. */
async function probe(a: Mailbox, atB: Endpoint, b: Mailbox, atA: Endpoint): Promise<void> {
  await a.send('probe', atB)
  await b.send('probe', atA)
}

async function heard(box: Mailbox): Promise<boolean> {
  return (await box.tryReceive({ text: 'probe', within: 100 })) !== undefined
}

test('two peers behind the published port-restricted cones do not get through to each other', async () => {
  assert.deepEqual(await punched('portRestrictedPublished'), [false, false])
})

test('two peers behind the corrected ones do', async () => {
  assert.deepEqual(await punched('portRestrictedCorrected'), [true, true])
})

test('two peers behind symmetric NATs, published or corrected, do not', async () => {
  for (const name of ['symmetricPublished', 'symmetricCorrected'] as const)
    assert.deepEqual(await punched(name), [false, false], name)
})

test('two peers that are DMZ hosts do, published or corrected', async () => {
  for (const name of ['dmzPublished', 'dmz'] as const) assert.deepEqual(await punched(name), [true, true], name)
})

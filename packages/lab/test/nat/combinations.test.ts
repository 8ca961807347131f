import assert from 'node:assert/strict'
import test from 'node:test'
import { sandbox } from '@sallyport/linux'
import { Lab } from '../../src/lab.ts'
import type { BehaviourOptions, Ports } from '../../src/nat/index.ts'
import { proveAll } from '../../src/proof/index.ts'

await sandbox()

const dependences = ['endpoint-independent', 'address-dependent', 'address-and-port-dependent'] as const
const allocations: readonly Ports[] = ['preserve', 'parity', 'random', 'sequential', { range: [30000, 30063] }]

/** Behaviours whose routers do not do what they say, and what they do; all of them are measured in one lab. */
async function unproven(
  behaviours: readonly BehaviourOptions[],
  within: number,
): Promise<[BehaviourOptions, unknown][]> {
  await using lab = await Lab.create()
  for (const [index, nat] of behaviours.entries()) lab.router(`router-${index}`, { nat })
  const proofs = await proveAll(lab, { within })
  assert.equal(proofs.length, behaviours.length)
  return proofs.flatMap(({ ok, rows }, index) => (ok ? [] : [[behaviours[index]!, rows.filter((row) => !row.ok)]]))
}

/**
 * Proves one router for each of the behaviours. On a busy machine a packet may be later than anybody waits for: who
 * fails has another chance, in a lab without the others and with more patience. Wrong rules fail it as well.
 */
async function proven(behaviours: readonly BehaviourOptions[]): Promise<void> {
  const suspects = await unproven(behaviours, 600)
  for (const [suspect] of suspects) assert.deepEqual(await unproven([suspect], 1500), [])
}

for (const ports of allocations) {
  test(`every mapping with every filtering, ports ${JSON.stringify(ports)}`, async () => {
    await proven(dependences.flatMap((mapping) => dependences.map((filtering) => ({ mapping, filtering, ports }))))
  })
}

test('every mapping with every filtering, where answers alone do not keep a mapping', async () => {
  const refresh = 'outbound'
  await proven(dependences.flatMap((mapping) => dependences.map((filtering) => ({ mapping, filtering, refresh }))))
})

test('every mapping and every way of choosing ports, where ports are shared', async () => {
  const overloading = true
  const ports = ['preserve', 'random', 'sequential'] as const
  await proven(dependences.flatMap((mapping) => ports.map((each) => ({ mapping, ports: each, overloading }))))
})

test('every hairpin, with unsolicited packets dropped and remembered', async () => {
  const hairpins = ['external-source', 'internal-source', 'none'] as const
  const ways = ['drop', 'remember'] as const
  await proven(hairpins.flatMap((hairpin) => ways.map((unsolicited) => ({ hairpin, unsolicited }))))
})

test('UDP and TCP each by itself', async () => {
  const wide: BehaviourOptions['tcp'] = { filtering: 'endpoint-independent' }
  await proven([
    { udp: wide },
    { tcp: wide },
    { udp: 'blocked', tcp: wide },
    { udp: wide, tcp: 'blocked' },
    { tcp: { mapping: 'address-dependent', filtering: 'address-dependent' } },
    { tcp: { mapping: 'address-and-port-dependent', ports: 'random' } },
  ])
})

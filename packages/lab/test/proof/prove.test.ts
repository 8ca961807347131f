import assert from 'node:assert/strict'
import test from 'node:test'
import { Conntrack, sandbox } from '@sallyport/linux'
import { connect } from '@sallyport/nftables'
import { Lab } from '../../src/lab.ts'
import { type Preset, presets, resolveNat, rulesetOf } from '../../src/nat/index.ts'
import { complaints, prove, proveAll } from '../../src/proof/index.ts'

await sandbox()

/** A preset whose words are those of one, and whose rules are those of another. */
function liar(words: Preset, deeds: Preset): Preset {
  return { ...words, name: 'liar', rules: deeds.rules! }
}

test('a preset that does not keep its word is found out, and by what', async () => {
  await using lab = await Lab.create()
  const router = lab.router('router', { nat: liar(presets.fullCone, presets.linux) })
  const { ok, preset, rows } = await prove(router)
  assert.equal(ok, false)
  assert.equal(preset, 'liar')
  assert.deepEqual(
    rows.filter((row) => !row.ok).map(({ what, expected, observed }) => [what, expected, observed]),
    [
      ['UDP filtering', 'endpoint-independent', 'address-and-port-dependent'],
      ['hairpin', 'external-source', 'none'],
      ['UDP mapping of two hosts on one port', 'endpoint-independent', 'address-and-port-dependent'],
      ['one external port for both', 'no', 'yes'],
      ['UDP port after a probe', 'preserved', 'changed'],
      ['TCP filtering', 'endpoint-independent', 'address-and-port-dependent'],
    ],
  )
})

/** Words, deeds, what of them is told, and the packet that showed it. */
const broken: readonly [words: Preset, deeds: Preset, what: string, shown: RegExp][] = [
  [
    presets.home,
    presets.symmetric,
    'UDP mapping: address-and-port-dependent instead of endpoint-independent',
    /^192\.168\.\S+:55551 was seen by \S+ from \S+:\d+ and \(its other port\) \S+:\d+, by \S+ from \S+ and \S+$/,
  ],
  [
    presets.home,
    presets.fullCone,
    'UDP filtering: endpoint-independent instead of address-and-port-dependent',
    /^a packet to \S+:55551 from \S+:\d+, which nobody had written to, got in$/,
  ],
  [
    presets.fullCone,
    presets.cloud,
    'hairpin: none instead of external-source',
    /^a packet from 192\S+:55551 \(outside \S+\) to \S+ did not come to 192\S+:55552$/,
  ],
  [
    presets.home,
    presets.linux,
    'UDP port after a probe: changed instead of preserved',
    /^after a packet from \S+:3478 to \S+:55554, 192\S+:55554 was seen there from \S+$/,
  ],
  [
    presets.fullCone,
    presets.portRestricted,
    'TCP filtering: address-and-port-dependent instead of endpoint-independent',
    /^SYNs from \S+, and from \S+ by another port, to where 192\S+:55551 was seen: neither was let in$/,
  ],
  [
    presets.home,
    presets.udpBlocked,
    'UDP mapping: blocked instead of endpoint-independent',
    /^192\S+:55551 was seen by \S+ from nowhere/,
  ],
]

for (const [words, deeds, what, shown] of broken) {
  test(`${words.name} with the rules of ${deeds.name} is refused: ${what}, and the packets are named`, async () => {
    await using lab = await Lab.create()
    const rules: Preset['rules'] = (site) => rulesetOf(resolveNat(deeds), site)!
    const router = lab.router('router', { nat: { ...words, rules } })
    const proof = await prove(router, { within: 400 })
    const lines = complaints(proof)
    assert.equal(proof.ok, false)
    const line = lines.indexOf(what)
    assert.ok(line >= 0, lines.join('\n'))
    assert.match(lines[line + 1]!.trim(), shown)
  })
}

test('a proof leaves no guests, no connections and no mappings behind', async () => {
  await using lab = await Lab.create()
  const router = lab.router('router', { nat: 'dmz' })
  const host = router.host('host')
  const before = { ...rulesIn(router), nodes: lab.nodes.length, ports: lab.fabric.ports().length, site: router.site }
  await prove(router)
  const after = { ...rulesIn(router), nodes: lab.nodes.length, ports: lab.fabric.ports().length, site: router.site }
  assert.deepEqual(after, before)
  assert.ok(JSON.stringify(rulesIn(router).rules).includes(host.address))
  using conntrack = Conntrack.open({ namespace: router.namespace })
  assert.equal(conntrack.count(), 0)
})

function rulesIn({ namespace }: { readonly namespace: NonNullable<Parameters<typeof connect>[0]>['namespace'] }): {
  rules: unknown[]
} {
  using nftables = connect({ namespace })
  return { rules: nftables.rules().map(({ chain, expressions }) => ({ chain, text: readable(expressions) })) }
}

function readable(expressions: unknown): string {
  return JSON.stringify(expressions, (_key, value) =>
    value instanceof Uint8Array ? [...value].join('.') : typeof value === 'bigint' ? `${value}` : value,
  )
}

test('routers behind routers prove themselves side by side', async () => {
  await using lab = await Lab.create()
  const carrier = lab.router('carrier', { nat: 'cgnat', addresses: 2 })
  carrier.router('home-1', { nat: 'home' })
  carrier.router('home-2', { nat: 'sallyport' })
  lab.router('office', { nat: 'none' })
  const proofs = await proveAll(lab, { within: 400 })
  assert.deepEqual(
    proofs.map(({ router, preset, ok }) => [router, preset, ok]),
    [
      ['carrier', 'cgnat', true],
      ['home-1', 'home', true],
      ['home-2', 'sallyport', true],
      ['office', 'none', true],
    ],
  )
})

test('words are enough: behaviour, without a preset', async () => {
  await using lab = await Lab.create()
  const router = lab.router('router', { nat: { ports: 'sequential', hairpin: 'none' } })
  const { ok, preset } = await prove(router, { within: 400 })
  assert.deepEqual([ok, preset], [true, 'behaviour'])
})

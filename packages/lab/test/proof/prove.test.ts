import assert from 'node:assert/strict'
import test from 'node:test'
import { Conntrack, sandbox } from '@sallyport/linux'
import { connect } from '@sallyport/nftables'
import { Lab } from '../../src/lab.ts'
import { type Preset, presets } from '../../src/nat/index.ts'
import { prove, proveAll } from '../../src/proof/index.ts'

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

import assert from 'node:assert/strict'
import test from 'node:test'
import { sandbox } from '@sallyport/lab'
import { Lab } from '../../src/lab.ts'
import { allPresets } from '../../src/nat/index.ts'
import { prove } from '../../src/proof/index.ts'

await sandbox()

for (const preset of allPresets) {
  test(`preset ${preset.name} does what its words say`, async () => {
    await using lab = await Lab.create()
    const router = lab.router('router', { nat: preset.name })
    const proof = await prove(router, { within: 400 })
    assert.deepEqual(
      proof.rows.filter(({ ok }) => !ok),
      [],
    )
    assert.ok(proof.rows.filter(({ expected }) => expected !== undefined).length >= 5)
  })
}

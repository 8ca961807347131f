import test, { after } from 'node:test'
import { sandbox } from '@sallyport/linux'
import { type BehaviourOptions, behaviour } from '../../src/nat/behaviour.ts'
import { allPresets, resolveNat, rulesetOf } from '../../src/nat/index.ts'
import { agree } from './support/agree.ts'
import { buildRawHouse } from './support/house.ts'
import { sequences } from './support/steps.ts'

await sandbox()

const house = await buildRawHouse()
after(() => house[Symbol.asyncDispose]())

/**
 * What words of behaviour cannot say is not modelled: one address for each host, one host that gets what nobody asked
 * for, hosts on one port that are treated differently.
 */
const beyondWords = ['one-to-one', 'dmz', 'dmz-published', 'port-triggering']

for (const preset of allPresets.filter(({ name }) => !beyondWords.includes(name))) {
  const rules = (site: Parameters<typeof rulesetOf>[1]) => rulesetOf(resolveNat(preset), site)!
  const { behaviour: words } = preset
  for (const protocol of ['udp', 'tcp'] as const) {
    test(`${protocol}: preset ${preset.name} does what the model of its behaviour says`, () =>
      agree({ house, behaviour: words, rules }, sequences(protocol), { protocol }))
  }
}

const pools: Readonly<Record<string, BehaviourOptions>> = {
  'a pool, paired': { pooling: 'paired' },
  'a pool, paired, full cone with random ports': {
    pooling: 'paired',
    filtering: 'endpoint-independent',
    ports: 'random',
  },
  'a pool, paired, symmetric': { pooling: 'paired', mapping: 'address-and-port-dependent', hairpin: 'none' },
  'a pool, arbitrary': { pooling: 'arbitrary', filtering: 'address-dependent' },
}

test('several external addresses: the kernel does what the model says', async (t) => {
  await using pool = await buildRawHouse(3)
  for (const [name, options] of Object.entries(pools)) {
    await t.test(name, () => agree({ house: pool, behaviour: behaviour(options) }, sequences('udp')))
  }
})

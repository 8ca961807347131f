import test, { after } from 'node:test'
import { sandbox } from '@sallyport/linux'
import { type BehaviourOptions, behaviour } from '../../src/nat/behaviour.ts'
import { agree } from './support/agree.ts'
import { buildRawHouse } from './support/house.ts'
import { sequences } from './support/steps.ts'

await sandbox()

const house = await buildRawHouse()
after(() => house[Symbol.asyncDispose]())

const EI = 'endpoint-independent'
const AD = 'address-dependent'
const APD = 'address-and-port-dependent'

const behaviours: Readonly<Record<string, BehaviourOptions>> = {
  'full cone': { filtering: EI },
  'address-restricted cone': { filtering: AD },
  'port-restricted cone': {},
  'full cone, random ports': { filtering: EI, ports: 'random' },
  'port-restricted cone that keeps parity': { ports: 'parity' },
  'port-restricted cone, sequential ports': { ports: 'sequential' },
  'full cone, ports from a range': { filtering: EI, ports: { range: [30000, 30009] } },
  'a range with too few ports': { ports: { range: [30000, 30001] } },
  symmetric: { mapping: APD, ports: 'random' },
  'symmetric, ports preserved': { mapping: APD },
  'symmetric, sequential ports': { mapping: APD, ports: 'sequential' },
  'symmetric, endpoint-independent filtering': { mapping: APD, filtering: EI, ports: 'random' },
  'address-dependent mapping and filtering': { mapping: AD, filtering: AD, ports: 'random' },
  'address-dependent mapping, ports preserved': { mapping: AD },
  'masquerade behind a firewall': { overloading: true, hairpin: 'none' },
  'plain masquerade': { overloading: true, hairpin: 'none', unsolicited: 'remember' },
  'masquerade with hairpinning': { mapping: APD, overloading: true },
  'masquerade random': { mapping: APD, overloading: true, ports: 'random', hairpin: 'none', unsolicited: 'remember' },
  'full cone that remembers the unsolicited': { filtering: EI, unsolicited: 'remember' },
  'port-restricted cone that remembers the unsolicited': { unsolicited: 'remember' },
  'a range that remembers the unsolicited': { ports: { range: [40000, 40003] }, unsolicited: 'remember' },
  'internal hairpin source': { filtering: EI, hairpin: 'internal-source' },
  'no hairpin': { filtering: AD, hairpin: 'none' },
  'refresh by outbound packets alone': { filtering: EI, refresh: 'outbound' },
  blocked: { udp: 'blocked', tcp: 'blocked' },
}

for (const protocol of ['udp', 'tcp'] as const) {
  for (const [name, options] of Object.entries(behaviours)) {
    test(`${protocol}: the kernel does what the model says: ${name}`, () =>
      agree({ house, behaviour: behaviour(options) }, sequences(protocol), { protocol }))
  }
}

test('echoes: the kernel does what the model says', () => {
  const protocol = 'icmp-echo'
  for (const options of [{}, { unsolicited: 'remember' }, { udp: 'blocked' }] as const)
    agree({ house, behaviour: behaviour(options) }, sequences(protocol, { hairpin: false }), { protocol })
})

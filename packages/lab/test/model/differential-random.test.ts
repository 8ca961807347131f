import test, { after } from 'node:test'
import { sandbox } from '@sallyport/linux'
import fc from 'fast-check'
import type { BehaviourOptions, Ports, ProtocolBehaviour, Timeouts } from '../../src/nat/behaviour.ts'
import { behaviour } from '../../src/nat/index.ts'
import { agreeAll } from './support/agree.ts'
import { canElapse } from './support/elapse.ts'
import { buildRawHouse } from './support/house.ts'
import { journeys } from './support/steps.ts'

await sandbox()

const houses = { 'one address': await buildRawHouse(), 'three addresses': await buildRawHouse(3) } as const
after(async () => {
  for (const house of Object.values(houses)) await house[Symbol.asyncDispose]()
})

/** UDP has one timer: conntrack calls a flow answered by the clock, and here time passes at once. */
const timeouts: Timeouts = { udp: 20, udpStream: 20, tcpTransitory: 20, tcpEstablished: 100, icmp: 20 }
const seconds = canElapse ? [1, 7, 15, 25, 90] : []

const dependence = fc.constantFrom('endpoint-independent', 'address-dependent', 'address-and-port-dependent')
const allocations: readonly Ports[] = [
  'preserve',
  'parity',
  'random',
  'sequential',
  { range: [30000, 30003] },
  { range: [40000, 40009] },
]

function words(refresh: readonly ('both' | 'outbound')[]): fc.Arbitrary<ProtocolBehaviour> {
  return fc.record({
    mapping: dependence,
    filtering: dependence,
    ports: fc.constantFrom(...allocations),
    overloading: fc.boolean(),
    refresh: fc.constantFrom(...refresh),
  }) as fc.Arbitrary<ProtocolBehaviour>
}

function behaviours(refresh: readonly ('both' | 'outbound')[]): fc.Arbitrary<BehaviourOptions> {
  const protocol = fc.oneof({ arbitrary: words(refresh), weight: 9 }, { arbitrary: fc.constant('blocked'), weight: 1 })
  return fc.record({
    udp: protocol,
    tcp: protocol,
    hairpin: fc.constantFrom('external-source', 'internal-source', 'none'),
    pooling: fc.constantFrom('paired', 'arbitrary'),
    unsolicited: fc.constantFrom('drop', 'remember'),
  }) as fc.Arbitrary<BehaviourOptions>
}

for (const [name, house] of Object.entries(houses)) {
  for (const [refresh, times] of [
    ['both', seconds],
    ['outbound', []],
  ] as const) {
    test(`${name}, refresh ${refresh}: random NATs do what the model says`, () =>
      agreeAll(
        fc.tuple(behaviours([refresh]), journeys(times, 24)).map(([options, steps]) => ({
          subject: { house, behaviour: behaviour({ ...options, timeouts }) },
          options,
          steps,
        })),
        ({ options, steps }) => `${JSON.stringify(options)}, ${JSON.stringify(steps)}`,
        { runs: 50, clock: () => 0 },
      ))
  }
}

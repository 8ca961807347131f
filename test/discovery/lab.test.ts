import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import {
  type BehaviourOptions,
  behaviour,
  expectation,
  Lab,
  type LabNode,
  type LabRouter,
  type NatOptions,
  type PresetName,
  presets,
  sandbox,
} from '@sallyport/lab'
import {
  BehaviourServer,
  type DiscoverOptions,
  discoverNat,
  grade,
  type NatReport,
} from '@sallyport/traversal/discovery'

/**
 * Discovery from inside names what the lab knows. SALLYPORT_TRIALS=20 repeats each measurement so often; a NAT forgets
 * between two of them.
 */

await sandbox()

const trials = Number(process.env.SALLYPORT_TRIALS ?? 2)
const server = { address: '203.0.113.240', port: 3478 }
const alternate = { address: '203.0.113.250', port: 3479 }

const named: readonly PresetName[] = [
  'home',
  'fullCone',
  'addressRestricted',
  'portRestricted',
  'symmetric',
  'cgnat',
  'cloud',
  'corporate',
  'udpBlocked',
  'oneToOne',
  'dmz',
  'portRestrictedPublished',
  'symmetricPublished',
  'linux',
  'linuxRandom',
  'linuxDropping',
  'portTriggering',
  'sallyport',
]
const dependences = ['endpoint-independent', 'address-dependent', 'address-and-port-dependent'] as const
const every: BehaviourOptions[] = dependences.flatMap((mapping) =>
  dependences.map((filtering) => ({ mapping, filtering, ports: 'random' as const })),
)

let lab: Lab
let stun: BehaviourServer
before(async () => {
  lab = await Lab.create()
  const node = lab.server('stun', { address: server.address })
  using route = node.route()
  route.addAddress('eth0', `${alternate.address}/24`)
  const addresses = [server.address, alternate.address]
  stun = await BehaviourServer.start({ addresses, ports: [server.port, alternate.port], namespace: node.namespace })
})
after(async () => {
  await stun[Symbol.asyncDispose]()
  await lab[Symbol.asyncDispose]()
})

let houses = 0
function house(nat: NatOptions): { router: LabRouter; host: LabNode } {
  houses += 1
  const router = lab.router(`router${houses}`, { nat })
  return { router, host: router.host(`host${houses}`) }
}

function discover(host: LabNode, options: Partial<DiscoverOptions> = {}): Promise<NatReport> {
  // Nothing is far away here: a server that is silent for so long stays so.
  return discoverNat({ servers: [server], namespace: host.namespace, pace: { rto: 150 }, ...options })
}

/** What {@link expectation} says, in the words of discovery. One host alone sees no internal source. */
function expected(nat: BehaviourOptions | PresetName): Partial<NatReport> {
  const facts = expectation(typeof nat === 'string' ? presets[nat].behaviour! : behaviour(nat))
  const mapping = facts['UDP mapping'] as NatReport['mapping']
  const filtering = facts['UDP filtering'] as NatReport['filtering']
  const blocked = mapping === 'blocked'
  const hairpin = blocked ? 'unknown' : facts.hairpin === 'internal-source' ? 'none' : facts.hairpin
  return {
    mapping,
    filtering,
    grade: grade(mapping, filtering),
    hairpin: hairpin as NatReport['hairpin'],
    ...(facts['UDP port'] !== undefined && { preservesPort: facts['UDP port'] === 'preserved' }),
  }
}

function only(found: NatReport, wanted: Partial<NatReport>): Partial<NatReport> {
  return Object.fromEntries(Object.keys(wanted).map((key) => [key, found[key as keyof NatReport]]))
}

async function isNamed(nat: BehaviourOptions | PresetName): Promise<void> {
  const { router, host } = house(typeof nat === 'string' ? presets[nat] : nat)
  const wanted = expected(nat)
  for (let trial = 1; trial <= trials; trial += 1) {
    await router.flush()
    const found = await discover(host)
    assert.deepEqual(only(found, wanted), wanted, `trial ${trial}:\n${found.why.join('\n')}`)
    if (found.external !== null) assert.equal(found.external.split(':')[0], router.external[0])
  }
}

suite('discovery names a NAT as the lab knows it', { concurrency: true }, () => {
  for (const nat of named) test(nat, () => isNamed(nat))
  for (const nat of every) test(`${nat.mapping} mapping, ${nat.filtering} filtering`, () => isNamed(nat))
})

suite('what one NAT does not say', { concurrency: true }, () => {
  test('a home router behind a carrier: both together are named, and the router tells that there are two', async () => {
    const carrier = lab.router('carrier', { nat: presets.cgnat })
    const router = carrier.router('customer', { nat: presets.home })
    const host = router.host('subscriber')
    const found = await discover(host, { routerAddress: router.external[0]! })
    assert.deepEqual([found.mapping, found.grade, found.doubleNat], ['endpoint-independent', 'B', 'yes'])
    assert.equal(found.external?.split(':')[0], carrier.external[0])
  })

  for (const [nat, collision] of [
    ['linux', 'shared'],
    ['home', 'separate'],
  ] as const) {
    test(`two addresses on one port behind '${nat}': ${collision}`, async () => {
      const { router, host } = house(presets[nat])
      const second = router.lanAddress.replace(/\.\d+$/, '.99')
      using route = host.route()
      route.addAddress('eth0', `${second}/24`)
      assert.equal((await discover(host, { secondAddress: second })).collision, collision)
    })
  }

  test('the lifetime of an idle mapping, within ten per cent and what the kernel rounds', async () => {
    const { host } = house({ filtering: 'address-and-port-dependent', timeouts: { udp: 6, udpStream: 6 } })
    const { lifetime } = await discover(host, { lifetime: { least: 2000, most: 12_000 } })
    assert(typeof lifetime === 'object' && lifetime.atMost !== undefined)
    assert(lifetime.atLeast > 5400 - 500 && lifetime.atMost < 6600 + 1100, JSON.stringify(lifetime))
  })
})

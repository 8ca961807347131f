import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { Lab, type LabNode, type PresetName, presets, sandbox } from '@sallyport/lab'
import { BehaviourServer, DiscoveryError, discoverNat } from '@sallyport/traversal/discovery'

/** Other people's clients against our server, and our client against coturn's, behind NATs of the lab. */

await sandbox()

const ports = [3478, 3479] as const
const ours = ['203.0.113.240', '203.0.113.241'] as const
const theirs = ['203.0.113.250', '203.0.113.251'] as const
const nats: readonly PresetName[] = ['fullCone', 'addressRestricted', 'portRestricted', 'symmetric']

let lab: Lab
let stun: BehaviourServer
const hosts = new Map<PresetName, LabNode>()
before(async () => {
  lab = await Lab.create()
  const { namespace } = twoAddresses('stun', ours)
  stun = await BehaviourServer.start({ addresses: ours, ports, namespace })
  await turnserver(twoAddresses('turnserver', theirs))
  for (const nat of nats) hosts.set(nat, lab.router(`${nat}-router`, { nat: presets[nat] }).host(nat))
})
after(async () => {
  await stun[Symbol.asyncDispose]()
  await lab[Symbol.asyncDispose]()
})

function twoAddresses(name: string, [address, second]: readonly [string, string]): LabNode {
  const node = lab.server(name, { address })
  using route = node.route()
  route.addAddress('eth0', `${second}/24`)
  return node
}

/** As a STUN server; resolves when it answers. It is ended with the lab. */
async function turnserver(node: LabNode): Promise<void> {
  const [port, alternate] = ports
  const args = [
    ...theirs.flatMap((address) => ['-L', address]),
    `--listening-port=${port}`,
    `--alt-listening-port=${alternate}`,
    ...['-n', '--stun-only', '--no-tls', '--no-dtls', '--no-cli', '--log-file=stdout', '--pidfile=/dev/null'],
  ]
  const { exitCode } = node.spawn('turnserver', args, { stdio: 'ignore' })
  const servers = [{ address: theirs[0], port }]
  // What it prints does not say when it serves: it is asked until it does.
  for (let found: unknown; found === undefined && exitCode === null; await setTimeout(20)) {
    found = await discoverNat({ servers, namespace: node.namespace }).catch(notYet)
  }
}

function notYet(error: unknown): undefined {
  if (!(error instanceof DiscoveryError)) throw error
}

/** What a program of somebody else prints on a host. */
async function says(nat: PresetName, command: string, ...args: string[]): Promise<string> {
  const { stdout, stderr } = await hosts.get(nat)!.exec(command, args)
  return stdout + stderr
}

/** As coturn's client spells the behaviour of each NAT. */
const spelled: Partial<Record<PresetName, readonly [mapping: string, filtering: string]>> = {
  fullCone: ['Endpoint Independent', 'Endpoint Independent'],
  addressRestricted: ['Endpoint Independent', 'Address Dependent'],
  portRestricted: ['Endpoint Independent', 'Address and Port Dependent'],
  symmetric: ['Address and Port Dependent', 'Address and Port Dependent'],
}

suite('turnutils_natdiscovery on our server names the NAT', { concurrency: true }, () => {
  for (const nat of nats) {
    const [mapping, filtering] = spelled[nat]!
    test(`${nat}: mapping, filtering, hairpin`, async () => {
      const text = await says(nat, 'turnutils_natdiscovery', '-m', '-f', '-H', ours[0])
      assert.match(text, new RegExp(`NAT with ${mapping} Mapping!`))
      assert.match(text, new RegExp(`NAT with ${filtering} Filtering!`))
      assert.equal(/successful hairpinning/.test(text), nat !== 'symmetric')
    })
  }

  test('with padding, whose requests and answers come in fragments', async () => {
    const text = await says('fullCone', 'turnutils_natdiscovery', '-m', '-f', '-P', ours[0])
    assert.match(text, /NAT with Endpoint Independent Mapping!/)
    assert.match(text, /NAT with Endpoint Independent Filtering!/)
  })

  test('lifetime: the answer is directed to the port that was used before', async () => {
    const text = await says('portRestricted', 'turnutils_natdiscovery', '-t', '-T', '1', ours[0])
    assert.match(text, /RFC 5780 response 2/)
    assert.doesNotMatch(text, /timeout|Failure/i)
  })

  test('collision: two addresses on one port', async () => {
    const host = hosts.get('portRestricted')!
    const second = host.address.replace(/\d+$/, '99')
    using route = host.route()
    route.addAddress('eth0', `${second}/24`)
    const local = ['-L', host.address, '-l', '5555', '-A', second]
    const text = await says('portRestricted', 'turnutils_natdiscovery', '-c', ...local, ours[0])
    const seen = [...text.matchAll(/UDP reflexive addr: (\S+)/g)].map(([, external]) => external)
    assert.equal(seen.length, 2)
    assert.notEqual(seen[0], seen[1])
  })
})

test('turnutils_stunclient, which directs an answer to a port that no NAT knows, gets all of them without one', async () => {
  const { stdout } = await lab.server('neighbour').exec('turnutils_stunclient', [ours[0]])
  const origins = [...stdout.matchAll(/RFC 5780 response \d\n.*Response origin: : (\S+)/g)].map(([, origin]) => origin)
  assert.deepEqual(origins, [`${ours[0]}:${ports[0]}`, `${ours[1]}:${ports[1]}`, `${ours[1]}:${ports[1]}`])
})

/** As Debian's classic client spells them (RFC 3489). */
const classic: Partial<Record<PresetName, RegExp>> = {
  fullCone: /Primary: Independent Mapping, Independent Filter, preserves ports, will hairpin/,
  addressRestricted: /Primary: Independent Mapping, Address Dependent Filter, preserves ports, will hairpin/,
  portRestricted: /Primary: Independent Mapping, Port Dependent Filter, preserves ports, will hairpin/,
  symmetric: /Primary: Dependent Mapping, random port, no hairpin/,
}

suite('the classic client of RFC 3489 on our server names the NAT', { concurrency: true }, () => {
  for (const nat of nats) test(nat, async () => assert.match(await says(nat, 'stun', ours[0]), classic[nat]!))
})

suite("our client on coturn's server names the NAT", { concurrency: true }, () => {
  for (const nat of nats) {
    test(nat, async () => {
      const servers = [{ address: theirs[0], port: ports[0] }]
      const { mapping, filtering, why } = await discoverNat({ servers, namespace: hosts.get(nat)!.namespace })
      const words = [mapping, filtering].map((word) => word.replaceAll('-', ' '))
      assert.deepEqual(
        words,
        spelled[nat]!.map((word) => word.toLowerCase()),
        why.join('\n'),
      )
    })
  }

  test('with the lifetime, which coturn directs to the port that was used before', async () => {
    const servers = [{ address: theirs[0], port: ports[0] }]
    const options = { servers, namespace: hosts.get('portRestricted')!.namespace, lifetime: { least: 100, most: 1000 } }
    assert.deepEqual((await discoverNat(options)).lifetime, { atLeast: 1000, atMost: undefined })
  })
})

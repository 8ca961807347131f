import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Lab, type LabNode, load, masquerade, sandbox } from '@sallyport/lab'
import { BehaviourServer } from '@sallyport/traversal/discovery'
import { type Outcome, program } from './support/command.ts'

await sandbox()

let lab: Lab
let stun: BehaviourServer
let laptop: LabNode
before(async () => {
  lab = await Lab.create()
  const internet = lab.network('internet')
  const house = lab.network('house')
  const ways = { wan: internet.at('203.0.113.1/24'), lan: house.at('192.168.1.1/24') }
  const router = lab.node('router', ways, { forwarding: true })
  laptop = lab.node('laptop', { eth0: house.at('192.168.1.10/24') }, { via: '192.168.1.1' })
  const server = lab.node('server', { eth0: internet.at('203.0.113.10/24') })
  using route = server.route()
  route.addAddress('eth0', '203.0.113.11/24')
  load(masquerade('wan'), router.namespace)
  const addresses = ['203.0.113.10', '203.0.113.11']
  stun = await BehaviourServer.start({ addresses, ports: [3478, 3479], namespace: server.namespace })
})
after(async () => {
  await stun[Symbol.asyncDispose]()
  await lab[Symbol.asyncDispose]()
})

function nat(...args: string[]): Promise<Outcome> {
  return laptop.exec(process.execPath, [program, 'nat', ...args])
}

test('nat --json prints one document with the promised keys', async () => {
  const { status, stdout, stderr } = await nat('--server', '203.0.113.10:3478', '--json')
  assert.deepEqual([status, stderr], [0, ''])
  const { mapping, filtering, hairpin, preservesPort, external, grade, local } = JSON.parse(stdout)
  assert.deepEqual(
    { mapping, filtering, hairpin, preservesPort, grade },
    {
      mapping: 'endpoint-independent',
      filtering: 'address-and-port-dependent',
      hairpin: 'none',
      preservesPort: true,
      grade: 'B',
    },
  )
  assert.match(external, /^203\.0\.113\.1:\d+$/)
  assert.match(local, /^192\.168\.1\.10:\d+$/)
})

test('for people: a grade, words in columns, and why; the port is 3478 if none is written', async () => {
  const { status, stdout } = await nat('--server', '203.0.113.10', '--lifetime', '2')
  assert.equal(status, 0)
  assert.match(stdout, /^Grade B: one external port for all; who was written to gets in/)
  assert.match(stdout, /^filtering {8}address-and-port-dependent$/m)
  assert.match(stdout, /^lifetime {9}more than \d+ s$/m)
  assert.match(stdout, /^ {2}203\.0\.113\.11:3479 sees 203\.0\.113\.1:\d+$/m)
})

test('without a server it says how to get one, and that the usage is wrong', async () => {
  const { status, stdout, stderr } = await nat()
  assert.deepEqual([status, stdout], [2, ''])
  assert.match(stderr, /^sallyport: nat needs a STUN server to ask: --server HOST:PORT\n/)
  assert.match(stderr, /sallyport stun --listen/)
})

test('a server that cannot be one is bad usage', async () => {
  for (const bad of ['', 'a:b:c', '203.0.113.10:0', '203.0.113.10:65536', '[::1', 'host:']) {
    const { status, stderr } = await nat(`--server=${bad}`)
    assert.equal(status, 2, bad)
    assert.match(stderr, /HOST:PORT or \[IPV6\]:PORT/)
  }
})

test('where nobody listens nothing can be found out, which is no grade but a failure', async () => {
  const { status, stdout, stderr } = await nat('--server', '203.0.113.10:9', '--json')
  assert.deepEqual([status, stdout], [1, ''])
  assert.match(stderr, /^sallyport: no STUN server at 203\.0\.113\.10:9: nobody listens there/)
})

test('a machine that has no way to the server hears that, not that nobody listens', async () => {
  const { status, stdout, stderr } = await nat('--server', '[2001:db8::1]')
  assert.deepEqual([status, stdout], [1, ''])
  assert.match(stderr, /^sallyport: no way to \[2001:db8::1\]:3478: is this machine on the network\?/)
})

test('an address that is none is bad usage, and nothing is asked', async () => {
  for (const option of ['--second-address', '--router-address']) {
    const { status, stderr } = await nat('--server', '203.0.113.10', `${option}=home`)
    assert.equal(status, 2, option)
    assert.match(stderr, /write an IP address/)
  }
})

test('a name without an address is named', async () => {
  const { status, stderr } = await nat('--server', 'stun.invalid')
  assert.equal(status, 1)
  assert.match(stderr, /^sallyport: cannot find the address of stun\.invalid/)
})

test('silence is grade F', async () => {
  const { status, stdout } = await nat('--server', '203.0.113.99', '--json')
  assert.equal(status, 0)
  assert.equal(JSON.parse(stdout).grade, 'F')
})

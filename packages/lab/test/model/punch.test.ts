import assert from 'node:assert/strict'
import test from 'node:test'
import { ModelInternet, simulatePunch } from '../../src/model/index.ts'
import { type Behaviour, behaviour } from '../../src/nat/behaviour.ts'

const cone = behaviour({ filtering: 'endpoint-independent' })
const addressRestricted = behaviour({ filtering: 'address-dependent' })
const portRestricted = behaviour()
const symmetric = behaviour({ mapping: 'address-and-port-dependent', ports: 'random' })
const naive = behaviour({ overloading: true, unsolicited: 'remember' })
const kinds = { cone, addressRestricted, portRestricted, symmetric }

function opens(a: Behaviour, b: Behaviour, stagger = 0): boolean {
  return simulatePunch(a, b, { stagger }).open
}

test('two NATs are punched unless one is symmetric and the other looks at ports', () => {
  for (const [one, a] of Object.entries(kinds)) {
    for (const [other, b] of Object.entries(kinds)) {
      const pair = [one, other]
      const impossible = pair.includes('symmetric') && (pair.includes('portRestricted') || one === other)
      for (const stagger of [-250, 0, 250]) assert.equal(opens(a, b, stagger), !impossible, `${pair} at ${stagger} ms`)
    }
  }
})

test('a NAT that remembers the unsolicited is punched when packets cross on the way, not when one comes early', () => {
  assert.equal(opens(naive, naive, 0), true)
  assert.equal(opens(naive, naive, 250), false)
})

test('what was dropped on the way is told', () => {
  const { events } = simulatePunch(portRestricted, symmetric)
  assert.ok(events.some(({ node, what }) => node === 'peer-1-nat-1' && what === 'filtered'))
})

test('a peer behind two NATs is as good as the worse of them', () => {
  assert.equal(simulatePunch([portRestricted, cone], portRestricted).open, true)
  assert.equal(simulatePunch([portRestricted, symmetric], portRestricted).open, false)
  assert.equal(simulatePunch([symmetric, cone], portRestricted).open, false)
  assert.equal(simulatePunch([], [symmetric, symmetric]).open, true, 'a peer without a NAT is always reached')
})

test('blocked UDP: the rendezvous never sees the peer', () => {
  const { open, external } = simulatePunch(behaviour({ udp: 'blocked' }), cone)
  assert.equal(open, false)
  assert.equal(external[0], undefined)
})

test('the same seed gives the same run, another one other ports', () => {
  const run = (seed: number): unknown => simulatePunch(symmetric, cone, { seed }).events
  assert.deepEqual(run(1), run(1))
  assert.notDeepEqual(run(1), run(2))
})

test('two hosts behind one carrier meet on its network without its NAT', () => {
  const internet = new ModelInternet()
  internet.router('carrier', symmetric)
  internet.router('home-1', cone, { behind: 'carrier' })
  internet.router('home-2', cone, { behind: 'carrier' })
  const one = internet.host('one', { behind: 'home-1', delay: 3 })
  let from: string | undefined
  const two = internet.host('two', { behind: 'home-2', delay: 4 }, ({ source }) => {
    from = source.address
  })
  internet.send(two, { from: 5000, to: { address: '203.0.113.99', port: 1 } })
  internet.run()
  internet.send(one, { from: 5000, to: { address: '10.0.1.3', port: 5000 } })
  internet.run()
  assert.equal(from, '10.0.1.2')
  assert.equal(internet.now, 11, 'the delays of both links, and of the packet that got nowhere')
  assert.ok(
    !internet.events.some(({ node, packet }) => node === 'carrier' && packet.destination.address === '10.0.1.3'),
  )
})

import assert from 'node:assert/strict'
import test from 'node:test'
import { simulatePunch } from '../../src/model/index.ts'
import { type Behaviour, type BehaviourOptions, behaviour } from '../../src/nat/behaviour.ts'
import { explainTheory, type Order, opens, ordersOf, theory } from '../../src/punch/theory.ts'

const endpoint = 'address-and-port-dependent'

const eif = behaviour({ filtering: 'endpoint-independent' })
const adf = behaviour({ filtering: 'address-dependent' })
const apdf = behaviour({ filtering: endpoint })
const masquerade = behaviour({ mapping: endpoint, overloading: true })
const naive = behaviour({ mapping: endpoint, overloading: true, unsolicited: 'remember' })
const symmetric = behaviour({ mapping: endpoint, ports: 'random' })
const nats: readonly Behaviour[] = [eif, adf, apdf, masquerade, naive, symmetric]

/** As it was measured with rules of other people on Linux 6.18, without a stagger and with `b` 250 ms later. */
const measured = [
  ['oo', 'oo', 'oo', 'oo', 'oo', 'oo'],
  ['', 'oo', 'oo', 'oo', 'oo', 'oo'],
  ['', '', 'oo', 'oo', 'rx', 'xx'],
  ['', '', '', 'oo', 'rx', 'xx'],
  ['', '', '', '', 'xx', 'xx'],
  ['', '', '', '', '', 'xx'],
]

const symbols = { direct: 'o', none: 'x', race: 'r' } as const

test('theory is what was measured for every pair of six NATs', () => {
  const said = nats.map((a, row) =>
    nats.map((b, column) => {
      if (column < row) return ''
      return [0, 250].map((stagger) => symbols[theory(a, b, { stagger })]).join('')
    }),
  )
  assert.deepEqual(said, measured)
})

test('published port-restricted rules: among themselves never, with a router that drops it is a race', () => {
  assert.equal(theory(naive, naive), 'none')
  assert.equal(theory(naive, apdf), 'race')
  assert.equal(theory(naive, apdf, { stagger: 250 }), 'direct')
  assert.equal(theory(apdf, naive, { stagger: 250 }), 'none')
  assert.equal(theory(masquerade, masquerade, { stagger: 250 }), 'direct')
})

test('probes that cross on the way hide what early ones break', () => {
  assert.equal(theory(naive, naive, { delay: 20 }), 'direct')
  assert.equal(theory(naive, naive, { delay: 20, stagger: 20 }), 'race')
  assert.equal(theory(naive, naive, { delay: 20, stagger: 30 }), 'none')
})

test('where UDP is blocked nothing helps, and the reason says where', () => {
  const blocked = behaviour({ udp: 'blocked' })
  for (const nat of nats) assert.equal(theory(nat, blocked), 'none')
  assert.match(explainTheory(eif, blocked, 'a first').because, /UDP is blocked at the NAT of b/)
})

test('over TCP nothing is remembered, but two routers that refuse SYNs close each other’s holes', () => {
  const protocol = 'tcp'
  assert.equal(theory(naive, apdf, { protocol }), 'direct')
  assert.equal(theory(apdf, naive, { protocol, stagger: 250 }), 'direct')
  assert.equal(theory(naive, naive, { protocol }), 'none')
  assert.equal(theory(naive, naive, { protocol, delay: 20 }), 'direct')
  assert.equal(theory(symmetric, apdf, { protocol }), 'none')
})

/** Every combination of the words that a punch may depend on. */
const words: readonly BehaviourOptions[] = (['endpoint-independent', 'address-dependent', endpoint] as const).flatMap(
  (mapping) =>
    (['endpoint-independent', 'address-dependent', endpoint] as const).flatMap((filtering) =>
      (['preserve', 'random'] as const).flatMap((ports) =>
        (['drop', 'remember'] as const).flatMap((unsolicited) =>
          [false, true].map((overloading) => ({ mapping, filtering, ports, unsolicited, overloading })),
        ),
      ),
    ),
)

/** Peers are 20 ms apart. */
const staggers: Readonly<Record<Order, number>> = { 'a first': 100, crossing: 0, 'b first': -100 }

test('theory is what the model of a NAT does, for every two combinations of words, in every order', () => {
  const nats = words.map((each) => behaviour(each))
  const pairs = nats.flatMap((a, index) => nats.slice(index).map((b) => [a, b] as const))
  const differing = pairs.flatMap(([a, b]) =>
    (Object.keys(staggers) as Order[]).flatMap((order) => {
      const { open } = simulatePunch(a, b, { stagger: staggers[order], attempts: 4, interval: 50 })
      return open === opens(a, b, order) ? [] : [{ order, a: a.udp, b: b.udp, open }]
    }),
  )
  assert.deepEqual(differing.slice(0, 5), [], `${differing.length} of ${3 * pairs.length}`)
  assert.equal(pairs.length, 2628)
})

test('timings become orders', () => {
  assert.deepEqual(ordersOf({}), ['a first', 'b first'])
  assert.deepEqual(ordersOf({ stagger: 1 }), ['a first'])
  assert.deepEqual(ordersOf({ stagger: 1, delay: 2 }), ['crossing'])
  assert.deepEqual(ordersOf({ stagger: 2, delay: 2 }), ['a first', 'crossing'])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sandbox } from '@sallyport/linux'
import { connect, drop, Ruleset, ruleTexts, udp } from '@sallyport/nftables'
import { follow, type Way } from '../../src/follow/index.ts'
import { load, masquerade } from '../../src/nat/index.ts'
import { house, Stage } from '../capture/stage.ts'

await sandbox()

const server3478 = { address: '203.0.113.10', port: 3478 }

/** 'home wan>lan a → b' per hop, short enough to compare. */
function brief({ hops }: Way): string[] {
  return hops.map(({ node, by = 'made', fate, leftBy = fate }) => `${node} ${by} ${leftBy}`)
}

test('a packet through a NAT: every node, its addresses before and after, the rule that changed them', async () => {
  const { stage, alice, server } = await house()
  await using _stage = stage
  await using box = await alice.mailbox({ port: 40000 })
  await using _listening = await server.mailbox({ port: 3478 })
  const texts = ruleTexts(masquerade('wan'))
  const options = { from: alice, protocol: 'udp', to: server3478, texts: () => texts } as const
  const way = await follow(stage, options, () => box.send('hello', server3478))
  assert.equal(way.outcome, 'delivered', `${way}`)
  assert.deepEqual(brief(way), ['alice made eth0', 'home lan wan', 'server eth0 delivered'])
  const [, home] = way.hops
  assert.deepEqual(home?.before.source, { address: '192.168.1.2', port: 40000 })
  assert.deepEqual(home?.after.source, { address: '203.0.113.2', port: 40000 })
  assert.deepEqual(
    home?.rules.map(({ chain, text }) => [chain, text]),
    [['ip plain postrouting', 'oifname "wan" masquerade']],
  )
  assert.match(`${way}`, /^UDP 192\.168\.1\.2:40000 → 203\.0\.113\.10:3478: delivered: server has it\n/)
})

test('the rule that drops a packet is named', async () => {
  const { stage, home, alice } = await house()
  await using _stage = stage
  const rules = new Ruleset()
  rules.table('inet', 'wall').chain('through', { hook: 'forward' }).rule(udp.dport.eq(3478), drop())
  load(rules, home.namespace)
  await using box = await alice.mailbox({ port: 40000 })
  const texts = ruleTexts(rules)
  const options = { from: alice, protocol: 'udp', texts: () => texts } as const
  const way = await follow(stage, options, () => box.send('hello', server3478))
  assert.equal(way.outcome, 'dropped', `${way}`)
  assert.match(way.reason, /^home dropped it: udp dport 3478 drop \(inet wall through/)
  assert.equal(way.hops.at(-1)?.droppedBy?.verdict, 'drop')
})

test('a policy that drops is named', async () => {
  const { stage, home, server } = await house()
  await using _stage = stage
  const rules = new Ruleset()
  rules.table('ip', 'wall').chain('in', { hook: 'input', policy: 'drop' })
  load(rules, home.namespace)
  await using box = await server.mailbox({ port: 3478 })
  const to = { address: '203.0.113.2', port: 40000 }
  const way = await follow(stage, { from: server, protocol: 'udp', to }, () => box.send('hello', to))
  assert.match(way.reason, /^home dropped it: policy drop \(ip wall in/)
})

test('a packet that nobody listens for is refused', async () => {
  const { stage, alice } = await house()
  await using _stage = stage
  await using box = await alice.mailbox({ port: 40000 })
  const way = await follow(stage, { from: alice, protocol: 'udp' }, () => box.send('hello', server3478))
  assert.equal(way.outcome, 'refused', `${way}`)
  assert.match(way.reason, /nobody listens there: server answered/)
})

test('a packet without a route ends in the router, and no rule did it', async () => {
  const { stage, alice } = await house()
  await using _stage = stage
  await using box = await alice.mailbox({ port: 40000 })
  const to = { address: '198.51.100.1', port: 9 }
  const way = await follow(stage, { from: alice, protocol: 'udp' }, () => box.send('hello', to))
  assert.equal(way.outcome, 'ended', `${way}`)
  assert.match(way.reason, /^home did not pass it on: there is no route to 198\.51\.100\.1/)
})

test('a node that does not forward is told from one without a route', async () => {
  await using stage = new Stage()
  const [left, right] = [stage.network('left'), stage.network('right')]
  stage.node('middle', { l: left.at('10.1.0.1/24'), r: right.at('10.2.0.1/24') })
  const a = stage.node('a', { eth0: left.at('10.1.0.2/24') }, { via: '10.1.0.1' })
  await stage.ready()
  await using box = await a.mailbox()
  const way = await follow(stage, { from: a, protocol: 'udp' }, () => box.send('x', { address: '10.2.0.2', port: 9 }))
  assert.match(way.reason, /^middle did not pass it on: it does not forward \(net\.ipv4\.ip_forward is 0\)/)
})

test('a packet that leaves and comes nowhere is lost, with the reason', async () => {
  const { stage, alice } = await house()
  await using _stage = stage
  await using box = await alice.mailbox({ port: 40000 })
  const to = { address: '203.0.113.99', port: 9 }
  const way = await follow(stage, { from: alice, protocol: 'udp', within: 100 }, () => box.send('hello', to))
  assert.equal(way.outcome, 'lost', `${way}`)
  assert.match(way.reason, /^it left home by wan and came nowhere: it never reached the switch: nobody answers/)
})

test('nothing sent, nothing followed; and no table stays behind', async () => {
  const { stage, home, alice } = await house()
  await using _stage = stage
  const way = await follow(stage, { from: alice, protocol: 'udp', within: 20 }, () => {})
  assert.deepEqual([way.outcome, way.reason], ['unsent', 'alice made no such packet (udp)'])
  const to = { address: '198.18.0.1', port: 9 }
  const unrouted = await follow(stage, { from: home, protocol: 'udp', to, within: 20 }, () => {})
  assert.match(unrouted.reason, /^home made no such packet \(udp to 198\.18\.0\.1:9\): it has no route to there, or/)
  using nftables = connect({ namespace: home.namespace })
  assert.deepEqual(
    nftables.tables().map(({ name }) => name),
    ['plain'],
  )
})

test('two who follow at the same time do not disturb each other', async () => {
  const { stage, alice, server } = await house()
  await using _stage = stage
  await using box = await alice.mailbox({ port: 40000 })
  await using _listening = await server.mailbox({ port: 3478 })
  const options = { from: alice, protocol: 'udp', port: 40000 } as const
  const ways = await Promise.all([
    follow(stage, options, () => box.send('one', server3478)),
    follow(stage, options, () => undefined),
  ])
  for (const way of ways) assert.deepEqual(brief(way), ['alice made eth0', 'home lan wan', 'server eth0 delivered'])
})

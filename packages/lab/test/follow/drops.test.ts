import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sandbox } from '@sallyport/linux'
import { drop, Ruleset, ruleTexts, udp } from '@sallyport/nftables'
import { capture } from '../../src/capture/index.ts'
import { sayDrop, watchDrops } from '../../src/follow/index.ts'
import { load } from '../../src/nat/index.ts'
import { house } from '../capture/stage.ts'

await sandbox()

test('what rules drop and what a router takes for its own is told; what arrives is not', async () => {
  const { stage, home, alice, server } = await house()
  await using _stage = stage
  const rules = new Ruleset()
  rules.table('inet', 'wall').chain('in', { hook: 'input' }).rule(udp.dport.eq(9), drop())
  load(rules, home.namespace)
  await using box = await alice.mailbox({ port: 40000 })
  await using listening = await server.mailbox({ port: 3478 })
  const texts = ruleTexts(rules)
  await using watch = watchDrops(stage, { texts: () => texts, where: ({ before }) => before.protocol === 'udp' })
  await box.send('hello', { address: '203.0.113.10', port: 3478 })
  await listening.receive()
  await listening.send('dropped', { address: '203.0.113.2', port: 9 })
  await listening.send('unsolicited', { address: '203.0.113.2', port: 50000 })
  const told = (await watch.settled()).map(sayDrop)
  assert.equal(told.length, 2, told.join('\n'))
  assert.match(
    told[0]!,
    /^UDP 203\.0\.113\.10:3478 → 203\.0\.113\.2:9: home dropped it: udp dport 9 drop \(inet wall in/,
  )
  assert.equal(told[1], 'UDP 203.0.113.10:3478 → 203.0.113.2:50000: home took it for its own')
})

test('a capture asks it for the reason', async () => {
  const { stage, home, server } = await house()
  await using _stage = stage
  const rules = new Ruleset()
  rules.table('inet', 'wall').chain('in', { hook: 'input' }).rule(udp.dport.eq(9), drop())
  load(rules, home.namespace)
  await using box = await server.mailbox({ port: 3478 })
  const texts = ruleTexts(rules)
  await using watch = watchDrops(stage, { texts: () => texts })
  await using seen = capture(stage, { explain: watch.explain, nodes: ['home'] })
  await box.send('dropped', { address: '203.0.113.2', port: 9 })
  await seen.settled()
  const comments = seen.last().flatMap((frame) => frame.comments)
  assert.equal(comments.length, 1)
  assert.match(comments[0]!, /^home: not forwarded: udp dport 9 drop \(inet wall in/)
})

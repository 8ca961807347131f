import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Flow, type Tuple, toFlow } from '@sallyport/linux'
import { endpointsOf, type Knowledge } from '../src/observe/endpoints.ts'

const inside = { address: '192.168.1.11', port: 50000 }
const outside = { address: '203.0.113.1', port: 33333 }
const server = { address: '203.0.113.10', port: 3478 }

function tuple(from: typeof inside, to: typeof inside): Tuple {
  const [source, sourcePort] = [from.address, from.port]
  return { family: 'ipv4', protocol: 'udp', source, destination: to.address, sourcePort, destinationPort: to.port }
}

/** A kernel that tracks this one mapping, and finds it by either direction's tuple. */
const flow: Flow = toFlow({ original: tuple(inside, server), reply: tuple(server, outside), id: 1 })
const tracking: Knowledge = {
  flow: ({ source, sourcePort }) =>
    [flow.original, flow.reply].some((each) => each.source === source && each.sourcePort === sourcePort)
      ? flow
      : undefined,
  holder: () => undefined,
}
const nothing: Knowledge = { flow: () => undefined, holder: () => undefined }
const holding: Knowledge = { flow: () => undefined, holder: () => '192.168.1.11:50000' }

test('a packet behind source NAT is told by its flow, which it belongs to the other way round', () => {
  const seen = endpointsOf('open', tuple(outside, server), tracking)
  assert.deepEqual(seen, { protocol: 'udp', internal: '192.168.1.11:50000', external: '203.0.113.1:33333' })
})

test('without a flow the holder of the port tells the inside endpoint', () => {
  const seen = endpointsOf('open', tuple(outside, server), holding)
  assert.deepEqual(seen, { protocol: 'udp', internal: '192.168.1.11:50000', external: '203.0.113.1:33333' })
})

test('with neither the external endpoint alone is known', () => {
  const seen = endpointsOf('open', tuple(outside, server), nothing)
  assert.deepEqual(seen, { protocol: 'udp', external: '203.0.113.1:33333' })
})

test('a takeover by a host that keeps its port is logged before source NAT: the flow tells both ends', () => {
  const seen = endpointsOf('takeover', tuple(inside, server), tracking)
  assert.deepEqual(seen, { protocol: 'udp', internal: '192.168.1.11:50000', external: '203.0.113.1:33333' })
})

test('a takeover before source NAT whose flow is gone is known by the holder to be an inside endpoint', () => {
  const seen = endpointsOf('takeover', tuple(inside, server), holding)
  assert.deepEqual(seen, { protocol: 'udp', internal: '192.168.1.11:50000' })
})

test('a host at its limit is told by its inside endpoint: it opened nothing outside', () => {
  const seen = endpointsOf('limit', tuple(inside, server), tracking)
  assert.deepEqual(seen, { protocol: 'udp', internal: '192.168.1.11:50000' })
})

test('a refused packet is told by the port that it would have had, not by who holds that', () => {
  const seen = endpointsOf('refused', tuple(outside, server), holding)
  assert.deepEqual(seen, { protocol: 'udp', external: '203.0.113.1:33333' })
})

test('a packet without ports is no event of ours', () => {
  const ping: Tuple = { family: 'ipv4', protocol: 'icmp', source: inside.address, destination: server.address }
  assert.equal(endpointsOf('open', ping, nothing), undefined)
})

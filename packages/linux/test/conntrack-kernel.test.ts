import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { after, before, describe, test } from 'node:test'
import {
  Conntrack,
  type ConntrackEvent,
  conntrackEvents,
  type Flow,
  protocolNumber,
  type Tuple,
} from '../src/conntrack/index.ts'
import { NETLINK_NETFILTER, openNetlink } from '../src/netlink/index.ts'
import { sandbox } from '../src/sandbox/sandbox.ts'
import { NetworkNamespace } from '../src/system/namespace.ts'
import { writeSysctl } from '../src/system/sysctl.ts'
import { needs, programPath } from '../src/testing/index.ts'

await sandbox()

/** Conntrack looks at packets only where a rule asks for it. */
const RULES = `
  table inet test {
    chain zones {
      type filter hook output priority raw
      udp dport 7300 ct zone set 3
      udp dport 7310 ct original zone set 4
    }
    chain out {
      type filter hook output priority filter
      udp dport 7200 ct mark set 0xf0000005
      ct state new,established counter
    }
    chain nat {
      type nat hook output priority -100
      udp dport 7400 dnat ip to 127.0.0.1:7401
    }
  }
`

const options = { ...needs({ nft: 'nftables' }), timeout: 20_000 }
const alsoConntrack = { ...needs({ nft: 'nftables', conntrack: 'conntrack' }), timeout: 20_000 }

describe('flows of this namespace', options, () => {
  const sockets: Socket[] = []
  let conntrack: Conntrack

  before(() => {
    execFileSync(programPath('nft') ?? 'nft', ['-f', '-'], { input: RULES })
    writeSysctl('net.netfilter.nf_conntrack_acct', 1)
    writeSysctl('net.netfilter.nf_conntrack_timestamp', 1)
    conntrack = Conntrack.open()
  })

  after(() => {
    for (const socket of sockets) socket.close()
    conntrack?.[Symbol.dispose]()
  })

  async function bound(address = '127.0.0.1'): Promise<Socket> {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
    sockets.push(socket)
    socket.bind(0, address)
    await once(socket, 'listening')
    return socket
  }

  /** Sends a datagram, and returns the filter that finds its flow. */
  async function send(from: Socket, port: number, to = from.address().address): Promise<{ original: Partial<Tuple> }> {
    await new Promise<void>((resolve, reject) => {
      from.send('hello', port, to, (error) => (error === null ? resolve() : reject(error)))
    })
    return { original: { sourcePort: from.address().port, destinationPort: port } }
  }

  function only(filter: Parameters<Conntrack['list']>[0]): Flow {
    const flows = conntrack.list(filter)
    assert.equal(flows.length, 1, JSON.stringify(filter))
    return flows[0]!
  }

  test('the list is that of conntrack -L', alsoConntrack, async () => {
    await send(await bound(), 7100)
    await send(await bound('::1'), 7100)
    await send(await bound(), 7200)
    await send(await bound(), 7300)
    await send(await bound(), 7310)
    await send(await bound(), 7400)
    await shortConnection()
    const flows = conntrack.list().map(comparable)
    const theirs = conntrackProgram('-L', '-o', 'id,extended').split('\n').filter(Boolean).map(parseLine)
    const byId = (a: Comparable, b: Comparable): number => a.id - b.id
    assert.deepEqual(flows.sort(byId), theirs.sort(byId))
    assert.ok(flows.length >= 7)
    assert.equal(conntrack.count(), Number(conntrackProgram('-C')))
  })

  test('marks, zones, NAT and counters are told', async () => {
    const marked = only(await send(await bound(), 7200))
    assert.equal(marked.mark, 0xf0000005)
    assert.equal(marked.originalCounters?.packets, 1n)
    assert.equal(marked.originalCounters?.bytes, 20n + 8n + 5n)
    assert.ok(marked.times?.start !== undefined && marked.times.start > 1_600_000_000_000_000_000n)
    const zoned = only(await send(await bound(), 7300))
    assert.equal(zoned.zone, 3)
    const oneWay = only(await send(await bound(), 7310))
    assert.deepEqual([oneWay.zone, oneWay.original.zone, oneWay.reply.zone], [0, 4, undefined])
    const translated = only(await send(await bound(), 7400))
    assert.ok(translated.status.has('dnat'))
    assert.equal(translated.reply.sourcePort, 7401)
  })

  test('filters let through what they say, by the kernel or here', async () => {
    const filter = await send(await bound(), 7200)
    const { original } = only({ ...filter, mark: 0xf0000005 })
    assert.equal(only({ ...filter, mark: { value: 4, mask: 6 } }).mark, 0xf0000005)
    assert.equal(only({ ...filter, family: 'ipv4', protocol: 'udp', status: ['confirmed'] }).family, 'ipv4')
    assert.deepEqual(conntrack.list({ ...filter, mark: 5 }), [])
    assert.deepEqual(conntrack.list({ ...filter, family: 'ipv6' }), [])
    assert.deepEqual(conntrack.list({ original: { ...original, destination: '127.0.0.2' } }), [])
  })

  test('a flow is found by the tuple of either direction, in its zone', async () => {
    const translated = only(await send(await bound(), 7400))
    assert.equal(conntrack.get(translated.original)?.id, translated.id)
    assert.equal(conntrack.get(translated.reply)?.id, translated.id)
    const zoned = only(await send(await bound(), 7300))
    assert.equal(conntrack.get(zoned.original), undefined)
    assert.equal(conntrack.get(zoned.original, 3)?.id, zoned.id)
  })

  test('of two flows the one that is named is deleted, once', async () => {
    const [first, second] = [await bound(), await bound()]
    const [one, other] = [only(await send(first, 7100)), only(await send(second, 7100))]
    assert.equal(conntrack.delete(one), true)
    assert.equal(conntrack.get(one.original), undefined)
    assert.equal(conntrack.get(other.original)?.id, other.id)
    assert.equal(conntrack.delete(one), false)
  })

  for (const [where, port] of [
    ['a zone', 7300],
    ['a zone of one direction', 7310],
    ['NAT', 7400],
  ] as const) {
    test(`a flow with ${where} is deleted like any other`, async () => {
      const flow = only(await send(await bound(), port))
      assert.equal(conntrack.delete(flow), true)
      assert.equal(conntrack.delete(flow), false)
    })
  }

  test('an echo over IPv6 is deleted by its identifier', options, async () => {
    execFileSync(programPath('ping') ?? 'ping', ['-c1', '::1'], { stdio: 'ignore' })
    const flow = only({ protocol: 'icmpv6', original: { icmpType: 128 } })
    assert.equal(conntrack.delete(flow), true)
    assert.equal(conntrack.delete(flow), false)
  })

  test('a flow whose number is another stays', async () => {
    const flow = only(await send(await bound(), 7100))
    assert.equal(conntrack.delete({ original: flow.original, id: (flow.id ^ 1) >>> 0 }), false)
    assert.equal(conntrack.get(flow.original)?.id, flow.id)
    assert.equal(conntrack.delete({ original: flow.original }), true)
  })

  test('all flows that share something are deleted, and no other', async () => {
    const bystander = only(await send(await bound(), 7100))
    await send(await bound(), 7500)
    await send(await bound('::1'), 7500)
    assert.equal(conntrack.deleteMatching({ protocol: 'udp', original: { destinationPort: 7500 } }), 2)
    assert.deepEqual(conntrack.list({ original: { destinationPort: 7500 } }), [])
    assert.equal(conntrack.get(bystander.original)?.id, bystander.id)
    for (const all of [{}, { original: {} }, { status: [] }, { mark: { value: 0, mask: 0 } }]) {
      assert.throws(() => conntrack.deleteMatching(all), RangeError, JSON.stringify(all))
    }
  })

  test('birth, answer and end of a flow arrive in order', async ({ signal }) => {
    const [client, server] = [await bound(), await bound()]
    using events = conntrack.events({ signal })
    const { original } = await send(client, server.address().port)
    server.once('message', (_, peer) => server.send('answer', peer.port, peer.address))
    await once(client, 'message')
    assert.equal(conntrack.delete(only({ original })), true)
    const seen: ConntrackEvent['type'][] = []
    for await (const event of events) {
      if (event.type === 'lost' || event.flow.original.sourcePort !== client.address().port) continue
      if (event.type === 'new') assert.ok(event.flow.status.has('confirmed') && !event.flow.status.has('seen-reply'))
      if (event.type === 'update') assert.ok(event.flow.status.has('seen-reply'))
      if (event.type === 'destroy') assert.equal(event.flow.replyCounters?.packets, 1n)
      seen.push(event.type)
      if (event.type === 'destroy') break
    }
    assert.deepEqual(seen, ['new', 'update', 'destroy'])
  })

  test('only the kinds of events that were asked for arrive', async ({ signal }) => {
    using events = conntrack.events({ types: ['destroy'], signal })
    const flow = only(await send(await bound(), 7100))
    conntrack.delete(flow)
    const { value } = await events.next()
    assert.ok(value?.type === 'destroy' && value.flow.id === flow.id)
  })

  test('events that nobody read in time are reported as lost, and later ones arrive', async ({ signal }) => {
    using events = conntrackEvents(openNetlink(NETLINK_NETFILTER, { receiveBuffer: 4096 }), { types: ['new'], signal })
    const socket = await bound()
    for (let port = 20_000; port < 20_100; port += 1) await send(socket, port)
    const seen: ConntrackEvent[] = []
    for await (const event of events) {
      seen.push(event)
      if (event.type === 'lost') await send(socket, 20_100)
      if (event.type === 'new' && event.flow.original.destinationPort === 20_100) break
    }
    assert.deepEqual(
      seen.slice(-2).map((event) => event.type),
      ['lost', 'new'],
    )
    assert.ok(seen.length > 2 && seen.length < 102, `${seen.length} events`)
  })

  test('a pending wait for events ends when the stream is disposed of', async () => {
    const events = conntrack.events()
    const pending = events.next()
    events[Symbol.dispose]()
    assert.deepEqual(await pending, { done: true, value: undefined })
    assert.deepEqual(await events.next(), { done: true, value: undefined })
  })

  test('aborting ends the iteration, before it began too', async () => {
    const abort = new AbortController()
    const events = conntrack.events({ signal: abort.signal })
    const pending = events.next()
    abort.abort()
    assert.equal((await pending).done, true)
    assert.equal((await conntrack.events({ signal: abort.signal }).next()).done, true)
  })

  test('another namespace has flows of its own', () => {
    using namespace = NetworkNamespace.create()
    using elsewhere = Conntrack.open({ namespace })
    assert.ok(conntrack.count() > 0)
    assert.equal(elsewhere.count(), 0)
    assert.deepEqual(elsewhere.list(), [])
    assert.ok((elsewhere.stats().max ?? 0) > 0)
  })
})

async function shortConnection(): Promise<void> {
  const server = createServer((socket) => socket.end('bye'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect((server.address() as { port: number }).port, '127.0.0.1')
  client.resume()
  await once(client, 'close')
  server.close()
}

function conntrackProgram(...args: string[]): string {
  return execFileSync(programPath('conntrack') ?? 'conntrack', args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
}

/** What conntrack(8) prints of a flow, but for what changes while one looks (timeout, use, age). */
interface Comparable {
  readonly id: number
  readonly protocol: number
  readonly mark: number
  readonly tcpState: string | undefined
  readonly assured: boolean
  readonly replied: boolean
  readonly zone: number
  readonly tuples: readonly Readonly<Record<string, string>>[]
}

function comparable(flow: Flow): Comparable {
  return {
    id: flow.id,
    protocol: protocolNumber(flow.protocol),
    mark: flow.mark,
    tcpState: flow.protocolInfo?.tcp?.state?.toUpperCase().replace('-', '_'),
    assured: flow.status.has('assured'),
    replied: flow.status.has('seen-reply'),
    zone: flow.zone,
    tuples: [
      { ...comparableTuple(flow.original, 'orig'), ...comparableCounters(flow.originalCounters) },
      { ...comparableTuple(flow.reply, 'reply'), ...comparableCounters(flow.replyCounters) },
    ],
  }
}

function comparableTuple(tuple: Tuple, direction: string): Record<string, string> {
  const parts = {
    src: tuple.source,
    dst: tuple.destination,
    sport: tuple.sourcePort,
    dport: tuple.destinationPort,
    type: tuple.icmpType,
    code: tuple.icmpCode,
    id: tuple.icmpId,
    [`zone-${direction}`]: tuple.zone,
  }
  return Object.fromEntries(Object.entries(parts).flatMap(([k, v]) => (v === undefined ? [] : [[k, String(v)]])))
}

function comparableCounters(counters: Flow['originalCounters']): Record<string, string> {
  return counters === undefined ? {} : { packets: String(counters.packets), bytes: String(counters.bytes) }
}

/** `ipv4 2 tcp 6 9 CLOSE src=… dst=… packets=… src=… [ASSURED] mark=0 use=1 id=…` */
function parseLine(line: string): Comparable {
  const words = line.split(/\s+/)
  const second = words.findIndex(
    (word, index) => word.startsWith('src=') && words.slice(0, index).some((w) => w.startsWith('src=')),
  )
  const mark = words.findIndex((word) => word.startsWith('mark='))
  const rest = pairs(words.slice(mark))
  return {
    id: Number(rest.id),
    protocol: Number(words[3]),
    mark: Number(rest.mark),
    tcpState: words[2] === 'tcp' ? words[5] : undefined,
    assured: words.includes('[ASSURED]'),
    replied: !words.includes('[UNREPLIED]'),
    zone: Number(rest.zone ?? 0),
    tuples: [pairs(words.slice(0, second)), pairs(words.slice(second, mark))],
  }
}

function pairs(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    words.filter((word) => word.includes('=')).map((word) => word.split('=') as [string, string]),
  )
}

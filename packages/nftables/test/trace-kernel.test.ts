import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { NetworkNamespace, Route, sandbox, udpSocket } from '@sallyport/linux'
import type { Expression } from '../src/expr/index.ts'
import { accept, batchOf, counter, drop, jump, Ruleset, returnToCaller, tcp, udp } from '../src/index.ts'
import { connect, type Nftables } from '../src/nftables.ts'
import { ruleTexts, type TracedPacket, type TraceEvent, type TraceOptions, trace } from '../src/trace/index.ts'
import { Batch } from '../src/transaction/index.ts'
import { skip } from './support/nft.ts'

await sandbox()

const one: Expression = { expr: 'immediate', dreg: 1, data: { value: Uint8Array.of(1, 0, 0, 0) } }
const mark: Expression[] = [one, { expr: 'meta', key: 'nftrace', sreg: 1 }]

/** Output is traced; input drops UDP port 9, and counts the rest in a chain of its own. */
function rules(): Ruleset {
  const ruleset = new Ruleset()
  const table = ruleset.table('inet', 't')
  table
    .chain('rest')
    .rule(counter())
    .rule(udp.dport.in([11, 12]), drop())
    .rule(returnToCaller())
  table
    .chain('in', { hook: 'input', policy: 'accept' })
    .rule(udp.dport.eq(9), counter(), drop())
    .rule(jump('rest'))
    .rule(tcp.dport.eq(80), accept())
  return ruleset
}

function marking(family: 'inet' | 'netdev', hook: 'output' | 'ingress'): Batch {
  const table = `mark_${hook}`
  const devices = hook === 'ingress' ? { devices: ['lo'] } : {}
  return new Batch()
    .add('table', { family, name: table })
    .add('chain', {
      family,
      table,
      name: 'm',
      type: 'filter',
      hook: { hook, priority: -300, ...devices },
      policy: 'accept',
    })
    .add('rule', { family, table, chain: 'm', expressions: mark })
}

interface Scene {
  readonly namespace: NetworkNamespace
  readonly nftables: Nftables
  next(): Promise<TracedPacket>
  send(port: number): Promise<void>
}

async function tracing(
  signal: AbortSignal,
  options: TraceOptions,
  act: (scene: Scene) => Promise<void>,
): Promise<void> {
  using namespace = NetworkNamespace.create()
  using nftables = connect({ namespace })
  using route = Route.open({ namespace })
  route.setLink('lo', { up: true })
  nftables.commit(batchOf(rules()))
  using packets = trace({ namespace, signal, ...options })
  const socket = await udpSocket({ namespace, address: '127.0.0.1' })
  const next = async (): Promise<TracedPacket> => packetIn(await packets.next())
  const send = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      socket.send('hi', port, '127.0.0.1', (error) => (error ? reject(error) : resolve()))
    })
  try {
    await act({ namespace, nftables, next, send })
  } finally {
    socket.close()
  }
}

function packetIn({ value }: IteratorResult<TraceEvent, undefined>): TracedPacket {
  assert.ok(value?.type === 'packet')
  return value
}

const brief = ({ steps }: TracedPacket): string[] =>
  steps.map(
    ({ type, chain, verdict }) => `${chain} ${type} ${verdict.verdict}${verdict.chain ? ` ${verdict.chain}` : ''}`,
  )

test('a dropped packet: its layers, every step, and the rule that dropped it', async ({ signal }) => {
  await tracing(signal, { text: ruleTexts(rules()) }, async ({ nftables, next, send }) => {
    nftables.commit(marking('netdev', 'ingress'))
    await send(9)
    const packet = await next()
    assert.deepEqual(brief(packet), ['m rule continue', 'm end continue', 'm policy accept', 'in rule drop'])
    assert.equal(packet.ended, 'verdict')
    assert.deepEqual(packet.verdict, { verdict: 'drop' })
    assert.equal(packet.decision?.text, 'udp dport 9 counter drop')
    assert.equal(packet.decision?.rule?.handle, packet.decision?.handle)
    assert.deepEqual(packet.input, { index: 1, name: 'lo' })
    assert.deepEqual(packet.link, {
      source: '00:00:00:00:00:00',
      destination: '00:00:00:00:00:00',
      type: 0x0800,
      vlans: [],
    })
    const { network, transport } = packet
    assert.ok(network?.version === 4)
    const { source, destination, protocol, length, ttl } = network
    assert.deepEqual(
      { source, destination, protocol, length, ttl },
      {
        source: '127.0.0.1',
        destination: '127.0.0.1',
        protocol: 17,
        length: 30,
        ttl: 64,
      },
    )
    assert.ok(transport?.protocol === 'udp')
    assert.equal((transport as { destinationPort: number }).destinationPort, 9)
  })
})

test('jumps and returns are steps, and a policy decides', async ({ signal }) => {
  await tracing(signal, {}, async ({ nftables, next, send }) => {
    nftables.commit(marking('netdev', 'ingress'))
    await send(10)
    const packet = await next()
    assert.deepEqual(brief(packet).slice(3), [
      'in rule jump rest',
      'rest rule continue',
      'rest rule return',
      'in end continue',
      'in policy accept',
    ])
    assert.equal(packet.decision?.type, 'policy')
    assert.equal(packet.ended, 'verdict', 'no chain is left behind input')
    assert.match(packet.steps[4]!.text!, /^\[ counter pkts \d+ bytes \d+ \]$/)
  })
})

test('a rule with an anonymous set has the text that it was made from', async ({ signal }) => {
  await tracing(signal, { text: ruleTexts(rules()) }, async ({ nftables, next, send }) => {
    nftables.commit(marking('netdev', 'ingress'))
    await send(12)
    assert.equal((await next()).decision?.text, 'udp dport { 11, 12 } drop')
  })
})

test('what a rule says is what it said when the packet came: a replaced one keeps its handle', async ({ signal }) => {
  await tracing(signal, {}, async ({ nftables, next, send }) => {
    nftables.commit(marking('netdev', 'ingress'))
    await send(9)
    const { rule } = (await next()).decision!
    const expressions: Expression[] = [{ expr: 'immediate', dreg: 0, data: { verdict: { code: 'drop' } } }]
    nftables.commit(new Batch().replace('rule', { ...rule!, handle: rule!.handle!, expressions }))
    await send(9)
    assert.equal((await next()).decision?.text, '[ immediate reg 0 drop ]')
  })
})

test('a packet that leaves ends when nothing more is heard of it', async ({ signal }) => {
  await tracing(signal, { idle: 20 }, async ({ nftables, next, send }) => {
    nftables.commit(marking('inet', 'output'))
    nftables.commit(
      new Batch().add('table', { family: 'netdev', name: 'late' }).add('chain', {
        family: 'netdev',
        table: 'late',
        name: 'e',
        type: 'filter',
        hook: { hook: 'egress', priority: 0, devices: ['lo'] },
      }),
    )
    await send(10)
    const packet = await next()
    assert.deepEqual(packet.output, { index: 1, name: 'lo' })
    assert.ok(['idle', 'verdict'].includes(packet.ended), packet.ended)
    assert.equal(packet.verdict.verdict, 'accept')
  })
})

test('only packets that pass the filter are told', async ({ signal }) => {
  const filter = ({ verdict }: TracedPacket): boolean => verdict.verdict === 'drop'
  await tracing(signal, { filter }, async ({ nftables, next, send }) => {
    nftables.commit(marking('netdev', 'ingress'))
    for (const port of [10, 13, 14, 9]) await send(port)
    const { transport } = await next()
    assert.equal((transport as { destinationPort: number }).destinationPort, 9)
  })
})

test('steps that are lost are told, and the packets they belong to are marked', async ({ signal }) => {
  using namespace = NetworkNamespace.create()
  using nftables = connect({ namespace })
  using route = Route.open({ namespace })
  route.setLink('lo', { up: true })
  nftables.commit(batchOf(rules()))
  nftables.commit(marking('netdev', 'ingress'))
  using packets = trace({ namespace, signal, receiveBuffer: 4096 })
  const socket = await udpSocket({ namespace, address: '127.0.0.1' })
  for (let count = 0; count < 100; count++) await new Promise((resolve) => socket.send('hi', 9, '127.0.0.1', resolve))
  socket.close()
  const seen: string[] = []
  for await (const event of packets) {
    seen.push(event.type === 'packet' ? event.ended : event.type)
    if (event.type === 'lost') break
  }
  assert.ok(seen.length < 100)
  assert.equal(seen.at(-1), 'lost')
})

test('the stream ends with its signal and when it is disposed of', async () => {
  using namespace = NetworkNamespace.create()
  const abort = new AbortController()
  const aborted = trace({ namespace, signal: abort.signal })
  const pending = aborted.next()
  abort.abort()
  assert.deepEqual(await pending, { done: true, value: undefined })
  const disposed = trace({ namespace })
  const waiting = disposed.next()
  disposed[Symbol.dispose]()
  assert.deepEqual(await waiting, { done: true, value: undefined })
})

test('nft monitor trace tells of the same steps under the same id', { skip }, async ({ signal }) => {
  await tracing(signal, {}, async ({ namespace, nftables, next, send }) => {
    nftables.commit(marking('netdev', 'ingress')) // before nft reads the ruleset
    const child = namespace.run(() =>
      spawn('nft', ['monitor', 'trace'], { stdio: ['ignore', 'pipe', 'inherit'], signal }),
    )
    child.on('error', () => {}) // the signal's
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
    const toldOf = ({ id }: TracedPacket): string[] =>
      text.split('\n').filter((line) => line.startsWith(`trace id ${id.toString(16).padStart(8, '0')}`))
    // It does not say when it listens: packets are sent until it tells of one.
    let packet: TracedPacket
    do {
      await send(9)
      packet = await next()
      await Promise.race([once(child.stdout, 'data'), new Promise((resolve) => setTimeout(resolve, 50))])
    } while (!toldOf(packet).some((line) => line.includes('verdict drop')))
    child.kill()
    const told = toldOf(packet).filter((line) => !line.includes(' packet: '))
    const ours = packet.steps.filter(({ type }) => type !== 'end')
    assert.deepEqual(
      told.slice(-ours.length).map((line) => line.split(' ').slice(3, 7).join(' ')),
      ours.map(({ family, table, chain, type }) => `${family} ${table} ${chain} ${type}`),
    )
  })
})

test('ICMP and IPv6 are decoded', { skip: spawnSync('ping', ['-V']).error ? 'no ping program' : skip }, async ({
  signal,
}) => {
  await tracing(signal, {}, async ({ namespace, nftables, next }) => {
    nftables.commit(marking('netdev', 'ingress'))
    namespace.run(() => spawnSync('ping', ['-c', '1', '-W', '1', '::1']))
    const { network, transport } = await next()
    assert.deepEqual([network?.version, network?.version === 6 && network.source], [6, '::1'])
    assert.ok(transport?.protocol === 'icmpv6')
    assert.deepEqual([transport.type, transport.code, transport.sequence], [128, 0, 1])
  })
})

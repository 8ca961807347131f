import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { after, before, describe, test } from 'node:test'
import { Conntrack } from '../src/conntrack/index.ts'
import { NetlinkError } from '../src/netlink/index.ts'
import { type LoggedPacket, Nflog, type NflogEvent, packetTuple } from '../src/nflog/index.ts'
import { sandbox } from '../src/sandbox/sandbox.ts'
import { NetworkNamespace } from '../src/system/namespace.ts'
import { needs, programPath } from '../src/testing/index.ts'

await sandbox()

const RULES = `
  table inet test {
    chain out {
      type filter hook output priority filter
      udp dport 7200 meta mark set 42 log prefix "marked " group 8
      ct state new,established counter
    }
    chain in {
      type filter hook input priority filter
      udp dport 7100 log prefix "seen: " group 7
    }
  }
`

describe('packets of log groups', { ...needs({ nft: 'nftables' }), timeout: 30_000 }, () => {
  let socket: Socket

  before(async () => {
    execFileSync(programPath('nft') ?? 'nft', ['-f', '-'], { input: RULES })
    socket = createSocket('udp4')
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
  })

  after(() => socket?.close())

  function send(port: number, text = 'hello'): Promise<void> {
    return new Promise((resolve, reject) => {
      socket.send(text, port, '127.0.0.1', (error) => (error === null ? resolve() : reject(error)))
    })
  }

  async function next(nflog: Nflog): Promise<LoggedPacket> {
    const { value } = await nflog[Symbol.asyncIterator]().next()
    assert.ok(value?.type === 'packet', `instead of a packet: ${value?.type}`)
    return value
  }

  test('a packet arrives at once with prefix, hook, interface and payload', async ({ signal }) => {
    using nflog = Nflog.open(7, { signal })
    await send(7100)
    const packet = await next(nflog)
    assert.equal(packet.prefix, 'seen: ')
    assert.equal(packet.hook, 'input')
    assert.equal(packet.group, 7)
    assert.equal(packet.etherType, 0x0800)
    assert.equal(packet.inputInterface, 1)
    assert.equal(packet.outputInterface, undefined)
    assert.equal(packet.hardwareAddress?.length, 6)
    assert.equal(Buffer.from(packet.payload).subarray(28).toString(), 'hello')
    assert.deepEqual(packetTuple(packet.payload), {
      family: 'ipv4',
      source: '127.0.0.1',
      destination: '127.0.0.1',
      protocol: 'udp',
      sourcePort: socket.address().port,
      destinationPort: 7100,
    })
  })

  test('the flow of a packet comes with it, or is found by its tuple where the kernel cannot attach it', async ({
    signal,
  }) => {
    using conntrack = Conntrack.open()
    using nflog = Nflog.open(7, { signal })
    await send(7100)
    const packet = await next(nflog)
    const listed = conntrack.list({ original: { sourcePort: socket.address().port, destinationPort: 7100 } })
    assert.equal(listed.length, 1)
    const found = nflog.conntrack ? packet.conntrack : conntrack.get(packetTuple(packet.payload)!)
    assert.equal(found?.id, listed[0]!.id)
    assert.deepEqual(found?.original, listed[0]!.original)
    assert.equal(packet.conntrackInfo !== undefined, nflog.conntrack)
  })

  test('no flow comes with packets when none is wanted', async ({ signal }) => {
    using nflog = Nflog.open(7, { signal, conntrack: false })
    assert.equal(nflog.conntrack, false)
    await send(7100)
    assert.equal((await next(nflog)).conntrack, undefined)
  })

  test('of each packet as many bytes come as are wanted', async ({ signal }) => {
    using nflog = Nflog.open(8, { signal, range: 28 })
    await send(7200, 'x'.repeat(1000))
    const packet = await next(nflog)
    assert.equal(packet.payload.length, 28)
    assert.equal(packet.mark, 42)
    assert.equal(packet.hook, 'output')
    assert.equal(packetTuple(packet.payload)?.destinationPort, 7200)
  })

  test('a large packet comes whole', async ({ signal }) => {
    using nflog = Nflog.open(8, { signal })
    await send(7200, 'y'.repeat(40_000))
    assert.equal((await next(nflog)).payload.length, 40_028)
  })

  test('packets come in order, numbered, and none is lost', async ({ signal }) => {
    using nflog = Nflog.open(7, { signal })
    for (let count = 0; count < 50; count += 1) await send(7100, `number ${count}`)
    for (let count = 0; count < 50; count += 1) {
      const packet = await next(nflog)
      assert.equal(Buffer.from(packet.payload).subarray(28).toString(), `number ${count}`)
      assert.equal(packet.sequence, count)
    }
    assert.equal(nflog.lost, 0)
  })

  test('packets that nobody read in time are reported as lost, and counted by the next one', async ({ signal }) => {
    using nflog = Nflog.open(7, { signal, receiveBuffer: 8192 })
    for (let count = 0; count < 100; count += 1) await send(7100)
    const seen: NflogEvent['type'][] = []
    for await (const event of nflog) {
      seen.push(event.type)
      if (event.type === 'lost') await send(7100, 'last')
      else if (Buffer.from(event.payload).subarray(28).toString() === 'last') break
    }
    const packets = seen.filter((type) => type === 'packet').length
    assert.ok(packets < 101, `${packets} packets`)
    assert.equal(seen.length, packets + 1)
    assert.equal(packets + nflog.lost, 101)
  })

  test('a group has one reader; when that one goes, the next may come', async ({ signal }) => {
    const first = Nflog.open(7)
    assert.throws(
      () => Nflog.open(7),
      (error) =>
        error instanceof NetlinkError && /^nflog group 7: .*log group 7 has a reader already/.test(error.message),
    )
    const pending = first[Symbol.asyncIterator]().next()
    first[Symbol.dispose]()
    assert.equal((await pending).done, true)
    using second = Nflog.open(7, { signal })
    await send(7100)
    assert.equal((await next(second)).prefix, 'seen: ')
  })

  test('leaving the loop lets go of the group', async ({ signal }) => {
    const nflog = Nflog.open(7, { signal })
    await send(7100)
    for await (const event of nflog) {
      assert.equal(event.type, 'packet')
      break
    }
    using again = Nflog.open(7)
    assert.equal(again.group, 7)
  })

  test('aborting ends the iteration', async () => {
    const abort = new AbortController()
    const nflog = Nflog.open(7, { signal: abort.signal })
    const pending = nflog[Symbol.asyncIterator]().next()
    abort.abort()
    assert.deepEqual(await pending, { done: true, value: undefined })
  })

  test('the same group of another namespace is another group', async ({ signal }) => {
    using namespace = NetworkNamespace.create()
    using here = Nflog.open(7, { signal })
    using there = Nflog.open(7, { namespace })
    const pending = there[Symbol.asyncIterator]().next()
    await send(7100)
    assert.equal((await next(here)).prefix, 'seen: ')
    there[Symbol.dispose]()
    assert.equal((await pending).done, true)
  })
})

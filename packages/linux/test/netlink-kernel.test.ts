import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import {
  Connection,
  encodeMessage,
  NETLINK_NETFILTER,
  NETLINK_ROUTE,
  NetworkNamespace,
  openNetlink,
  parseMessages,
  Route,
  recording,
  refusal,
  replay,
  sandbox,
  type Transport,
  Writer,
  writeMessage,
} from '../src/index.ts'
import * as libc from '../src/system/libc.ts'
import { netlinkAddress } from '../src/system/sockaddr.ts'

await sandbox()

const RTM_GETLINK = 18
const RTNLGRP_LINK = 1
const NFT_MSG_NEWRULE = 0x0a06
const NFT_MSG_GETGEN = 0x0a10
const INDEX = new URL('../src/index.ts', import.meta.url).href

/** A batch of nf_tables with the given messages in it, numbered from `first` on. */
function batch(first: number, messages: readonly { type: number; body: Uint8Array }[]): Uint8Array {
  const out = new Writer()
  const subsystem = Uint8Array.of(0, 0, 0, 10) // nfgenmsg: res_id NFNL_SUBSYS_NFTABLES
  writeMessage(out, { type: 16, flags: 1, sequence: first, body: subsystem }) // NFNL_MSG_BATCH_BEGIN
  for (const [i, { type, body }] of messages.entries())
    writeMessage(out, { type, flags: 0x401, sequence: first + 1 + i, body })
  writeMessage(out, { type: 17, flags: 1, sequence: first + 1 + messages.length, body: subsystem }) // NFNL_MSG_BATCH_END
  return out.finish()
}

test('a request is answered before the next statement runs', () => {
  using connection = new Connection(openNetlink(NETLINK_NETFILTER))
  const [answer] = connection.request({ operation: 'getgen', type: NFT_MSG_GETGEN, body: new Uint8Array(4) })
  assert.equal(answer?.type, 0x0a0f) // NFT_MSG_NEWGEN
  assert.equal(answer.portId, connection.transport.portId)
})

test('every failing message of one batch is reported, with the offset of the attribute', () => {
  using connection = new Connection(openNetlink(NETLINK_NETFILTER))
  const inTable = Uint8Array.of(1, 0, 0, 0, /* NFTA_RULE_TABLE 'nil' */ 8, 0, 1, 0, 110, 105, 108, 0)
  const first = connection.sequences(4)
  const rule = { type: NFT_MSG_NEWRULE, body: inTable }
  const { errors } = connection.exchange(batch(first, [rule, rule]))
  assert.deepEqual(
    errors.map(({ sequence, errno, offset }) => [sequence - first, errno, offset]),
    [
      [1, 2, 20],
      [2, 2, 20],
    ],
  )
  const pathAt = (_: Uint8Array, offset: number): string[] => [`at ${offset}`]
  assert.equal(refusal(errors[0]!, { operation: 'newrule', body: inTable, pathAt }).attribute, 'at 4')
})

test('a socket lives in its namespace, whatever the thread does later', () => {
  using namespace = NetworkNamespace.create()
  using inside = Route.open({ namespace })
  using outside = Route.open()
  outside.addBridge({ name: 'outside0' })
  inside.addBridge({ name: 'inside0' })
  assert.deepEqual(
    inside.links().map(({ name }) => name),
    ['lo', 'inside0'],
  )
  outside.deleteLink('outside0')
})

test('a dump larger than one datagram arrives whole', () => {
  using namespace = NetworkNamespace.create()
  using route = Route.open({ namespace })
  const names = Array.from({ length: 200 }, (_, i) => `bridge${i}`)
  for (const name of names) route.addBridge({ name })
  assert.deepEqual(
    route.links().map(({ name }) => name),
    ['lo', ...names],
  )
})

test('what was recorded from the kernel replays without one, through JSON', () => {
  const read = (transport: Transport): unknown => {
    using route = new Route(transport, () => assert.fail('nothing waits here'))
    return [route.links(), route.addresses(), route.routes()]
  }
  const recorder = recording(openNetlink(NETLINK_ROUTE))
  const fromKernel = read(recorder)
  const fromLog = read(replay(JSON.parse(JSON.stringify(recorder.log))))
  assert.deepEqual(fromLog, fromKernel)
})

test('an event ends a wait, and can be received', async () => {
  using transport = openNetlink(NETLINK_ROUTE)
  transport.join(RTNLGRP_LINK)
  const waiting = transport.wait(30_000)
  using route = Route.open()
  route.addBridge({ name: 'event0' })
  assert.equal(await waiting, true)
  const [message] = parseMessages(transport.receive()!)
  assert.equal(message?.type, 16) // RTM_NEWLINK
  route.deleteLink('event0')
})

test('a wait ends with false after its time', async () => {
  using transport = openNetlink(NETLINK_ROUTE)
  assert.equal(await transport.wait(1), false)
})

test('a wait ends with false when the transport is disposed of; and so does one that begins later', async () => {
  const transport = openNetlink(NETLINK_ROUTE)
  const waiting = transport.wait()
  transport[Symbol.dispose]()
  assert.equal(await waiting, false)
  assert.equal(await transport.wait(), false)
  transport[Symbol.dispose]()
  assert.throws(() => transport.receive(), /disposed/)
})

test('fifty sockets wait at once without holding up files and name look-ups', async () => {
  const transports = Array.from({ length: 50 }, () => openNetlink(NETLINK_ROUTE))
  const waits = transports.map((transport) => transport.wait())
  // Would never end if each wait took a thread of the pool, which has four.
  await import('node:fs/promises').then(({ readFile }) => readFile('/proc/self/stat'))
  for (const transport of transports) transport[Symbol.dispose]()
  assert.deepEqual(new Set(await Promise.all(waits)), new Set([false]))
})

test('two waits on one socket are refused', async () => {
  using transport = openNetlink(NETLINK_ROUTE)
  const first = transport.wait(30_000)
  assert.throws(() => transport.wait(), /one wait at a time/)
  transport[Symbol.dispose]()
  await first
})

test('lost events are reported once, then the socket works on', () => {
  using transport = openNetlink(NETLINK_ROUTE, { receiveBuffer: 1 })
  using route = Route.open()
  route.addBridge({ name: 'flood0' })
  transport.join(RTNLGRP_LINK)
  for (let mtu = 1000; mtu < 1100; mtu++) route.setLink('flood0', { mtu })
  assert.throws(() => transport.receive(), { name: 'SystemError', code: 'ENOBUFS' })
  while (transport.receive() !== undefined) {}
  route.setLink('flood0', { mtu: 1200 })
  assert.ok(transport.receive())
  route.deleteLink('flood0')
})

test('other processes cannot slip a message in', () => {
  using transport = openNetlink(NETLINK_ROUTE)
  const fd = libc.socket(libc.AF_NETLINK, libc.SOCK_RAW | libc.SOCK_CLOEXEC, NETLINK_ROUTE)
  libc.connect(fd, netlinkAddress(transport.portId))
  const forged = encodeMessage({ type: 16, flags: 0, sequence: 1, body: new Uint8Array(16) })
  assert.throws(() => libc.send(fd, forged, 0), { code: 'ECONNREFUSED' })
  assert.equal(transport.receive(), undefined)
  libc.close(fd)
})

test('a batch larger than the send buffer makes it grow', () => {
  using connection = new Connection(openNetlink(NETLINK_NETFILTER))
  const filler = { type: NFT_MSG_NEWRULE, body: new Uint8Array(4 + 65_000) }
  const datagram = batch(
    connection.sequences(200),
    Array.from({ length: 40 }, () => filler),
  )
  assert.ok(datagram.length > 2_500_000)
  // What the kernel thinks of the rules is not the matter; that it has got all forty is.
  assert.equal(connection.exchange(datagram).errors.length, 40)
})

test('a batch larger than an unprivileged send buffer may become is refused with what to do', () => {
  const script = `
    import { openNetlink } from '${INDEX}'
    try { openNetlink(12).send(new Uint8Array(64 << 20)) } catch (error) { console.log(error.name, error.message) }`
  const args = ['--user', '--map-root-user', '--net', process.execPath, '--input-type=module', '--eval', script]
  const { stdout } = spawnSync('unshare', args, { encoding: 'utf8' })
  assert.match(
    stdout,
    /^NetlinkError send: EMSGSIZE: a batch of 67108864 bytes .*sysctl -w net\.core\.wmem_max=67108864/,
  )
})

test('process.exit ends the process although a wait is pending', async () => {
  const script = `
    import { openNetlink } from '${INDEX}'
    openNetlink(0).wait()
    setTimeout(() => process.exit(7), 20)`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'inherit' })
  const hung = setTimeout(() => child.kill('SIGKILL'), 10_000)
  assert.deepEqual(await once(child, 'exit'), [7, null])
  clearTimeout(hung)
})

test('a process whose last wait was disposed of ends by itself', async () => {
  const script = `
    import { openNetlink } from '${INDEX}'
    const transport = openNetlink(0)
    const waiting = transport.wait()
    setTimeout(() => transport[Symbol.dispose](), 20)
    console.log(await waiting)`
  const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
    timeout: 10_000,
  })
  assert.deepEqual([stdout, status], ['false\n', 0])
})

test('a protocol that the kernel lacks is a SystemError', () => {
  assert.throws(() => openNetlink(31), { name: 'SystemError', code: 'EPROTONOSUPPORT', call: 'socket' })
})

test('no descriptor is left behind', () => {
  const before = libc.socket(libc.AF_INET, libc.SOCK_DGRAM, 0)
  libc.close(before)
  for (let i = 0; i < 100; i++) {
    using connection = new Connection(openNetlink(NETLINK_ROUTE))
    connection.dump({ operation: 'getlink', type: RTM_GETLINK, body: new Uint8Array(16) })
  }
  const after = libc.socket(libc.AF_INET, libc.SOCK_DGRAM, 0)
  libc.close(after)
  assert.equal(after, before)
})

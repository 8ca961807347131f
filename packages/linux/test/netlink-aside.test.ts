import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { fstatSync, readdirSync, readlinkSync } from 'node:fs'
import { test } from 'node:test'
import {
  encodeMessage,
  isAck,
  type Message,
  NETLINK_ROUTE,
  NetworkNamespace,
  openNetlink,
  parseAck,
  parseMessages,
  Route,
  SystemError,
  sandbox,
  type Transport,
} from '../src/index.ts'
import { writeAside } from '../src/system/aside.ts'

await sandbox()

const RTM_NEWLINK = 16
const ACKNOWLEDGED = 0x5 // NLM_F_REQUEST | NLM_F_ACK
const LOOPBACK_UP = Uint8Array.of(0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0) // struct ifinfomsg

const request = (sequence: number): Uint8Array =>
  encodeMessage({ type: RTM_NEWLINK, flags: ACKNOWLEDGED, sequence, body: LOOPBACK_UP })

function answers(transport: Transport): Message[] {
  assert.equal(transport.waitHere!(30_000), true)
  return [...parseMessages(transport.receive()!)]
}

/** Descriptors of netlink sockets and the like, of this process. */
function sockets(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:')
    } catch {
      return false // the one that the directory was read with
    }
  }).length
}

function isUp(namespace: NetworkNamespace): boolean {
  using route = Route.open({ namespace })
  return route.link('lo').up
}

test('what is sent aside is answered while the event loop stands still', () => {
  using namespace = NetworkNamespace.create()
  using transport = openNetlink(NETLINK_ROUTE, { namespace })
  const sent = transport.sendAside!(request(7))
  const answer = answers(transport)[0]!
  assert.ok(isAck(answer))
  const { sequence, errno } = parseAck(answer)
  assert.deepEqual([sequence, errno], [7, 0])
  assert.equal(isUp(namespace), true)
  return sent
})

test('it is done in the namespace of the socket, whichever thread sends', async () => {
  const namespaces = Array.from({ length: 12 }, () => NetworkNamespace.create())
  const transports = namespaces.map((namespace) => openNetlink(NETLINK_ROUTE, { namespace }))
  await Promise.all(transports.filter((_, n) => n % 2 === 0).map((transport) => transport.sendAside!(request(1))))
  assert.deepEqual(
    namespaces.map(isUp),
    namespaces.map((_, n) => n % 2 === 0),
  )
  for (const each of [...transports, ...namespaces]) each[Symbol.dispose]()
})

test('a socket that is disposed of meanwhile closes when the datagram has been sent', async () => {
  using namespace = NetworkNamespace.create()
  const before = sockets()
  const transport = openNetlink(NETLINK_ROUTE, { namespace })
  const sent = transport.sendAside!(request(1))
  transport[Symbol.dispose]()
  assert.equal(sockets(), before + 1)
  assert.throws(() => transport.receive(), /disposed/)
  await sent
  assert.equal(isUp(namespace), true)
  assert.equal(sockets(), before)
})

const INDEX = new URL('../src/index.ts', import.meta.url).href

/** Waits for an event that never comes, then sends aside and waits for the answer with the event loop at rest. */
const waitingProgram = `
  import { encodeMessage, NETLINK_ROUTE, openNetlink } from '${INDEX}'
  const events = openNetlink(NETLINK_ROUTE)
  const never = events.wait()
  await new Promise((resolve) => setTimeout(resolve, 50)) // until the thread of the pool waits
  const transport = openNetlink(NETLINK_ROUTE)
  const body = Uint8Array.from([${LOOPBACK_UP}])
  const sent = transport.sendAside(encodeMessage({ type: ${RTM_NEWLINK}, flags: ${ACKNOWLEDGED}, sequence: 1, body }))
  console.log(transport.waitHere(30000))
  await sent
  events[Symbol.dispose]()
  console.log(await never)
`

test('a pool of one thread, which waits for events, gets to it', () => {
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', waitingProgram], {
    encoding: 'utf8',
    timeout: 60_000,
    env: { ...process.env, UV_THREADPOOL_SIZE: '1' },
  })
  assert.equal(stdout, 'true\nfalse\n', stderr)
})

test('a wait without an answer ends in time', () => {
  using transport = openNetlink(NETLINK_ROUTE)
  assert.equal(transport.waitHere!(20), false)
})

test('what the kernel does not take is an error of the system', async () => {
  const closed = 1_000_000
  assert.throws(() => fstatSync(closed), /EBADF/)
  await assert.rejects(
    writeAside(closed, request(1)),
    (error) => error instanceof SystemError && error.code === 'EBADF',
  )
})

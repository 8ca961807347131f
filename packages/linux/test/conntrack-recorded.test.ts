import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Malformed, Writer } from '../src/bytes/index.ts'
import { Conntrack, type ConntrackEvent, conntrackEvents } from '../src/conntrack/index.ts'
import { NetlinkError, replay, type Step, type Transport, writeMessage } from '../src/netlink/index.ts'
import { ENOBUFS, EPERM, SystemError } from '../src/system/errno.ts'
import { hex } from '../src/testing/index.ts'

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

const original = {
  family: 'ipv4',
  source: '127.0.0.1',
  destination: '127.0.0.1',
  protocol: 'udp',
  sourcePort: 5001,
  destinationPort: 5002,
} as const

const tuples = hex`
  34 00 01 80                    | CTA_TUPLE_ORIG
    14 00 01 80                  |   CTA_TUPLE_IP
      08 00 01 00  7f 00 00 01   |     CTA_IP_V4_SRC
      08 00 02 00  7f 00 00 01   |     CTA_IP_V4_DST
    1c 00 02 80                  |   CTA_TUPLE_PROTO
      05 00 01 00  11 00 00 00   |     CTA_PROTO_NUM
      06 00 02 00  13 89 00 00   |     CTA_PROTO_SRC_PORT
      06 00 03 00  13 8a 00 00   |     CTA_PROTO_DST_PORT
`

const reply = Uint8Array.from(tuples)
reply[2] = 2 // CTA_TUPLE_REPLY

const flow = hex`
  02 00 00 00                    | nfgenmsg  AF_INET
  ${tuples} ${reply}
  08 00 0c 00  0f ad f1 2d       | CTA_ID
`

const deleteRequest = hex`
  50 00 00 00  02 01  05 00  01 00 00 00  00 00 00 00 | nlmsghdr  80 bytes, IPCTNL_MSG_CT_DELETE, REQUEST|ACK, 1
  02 00 00 00                    | nfgenmsg  AF_INET
  ${tuples}
  08 00 0c 00  0f ad f1 2d       | CTA_ID
`

/** NLMSG_ERROR about message 1, with an error number. */
function verdict(errno: number): Uint8Array {
  const body = new Writer()
  body.u32(-errno >>> 0)
  body.bytes(deleteRequest.subarray(0, 16))
  return netlink(2, 0x100, body.finish(), 1)
}

function netlink(type: number, flags: number, body: Uint8Array, sequence = 0): Uint8Array {
  const out = new Writer()
  writeMessage(out, { type, flags, sequence, body })
  return out.finish()
}

function talk(...answers: Uint8Array[]): Conntrack {
  const receives: Step[] = answers.map((answer) => ({ receive: text(answer) }))
  const log = { portId: 1, steps: [{ send: text(deleteRequest) }, ...receives, { receive: null }] }
  return new Conntrack(replay(log), () => assert.fail('no events here'))
}

describe('deleting over a recorded transport', () => {
  const named = { original, id: 0x0fadf12d }

  test('asks for exactly the flow, by tuple and id', () => assert.equal(talk(verdict(0)).delete(named), true))

  test('is false when there is no such flow', () => assert.equal(talk(verdict(2)).delete(named), false))

  test('throws what else the kernel says', () => {
    assert.throws(
      () => talk(verdict(EPERM)).delete(named),
      (error) => error instanceof NetlinkError && error.code === 'EPERM' && error.operation === 'delconntrack',
    )
  })
})

/** A transport whose steps are what receive gives, one after the other; `empty` lets the reader wait once. */
function script(
  ...steps: readonly (Uint8Array | SystemError | 'empty')[]
): Transport & { disposed: boolean; groups: number[] } {
  const rest = [...steps]
  const transport = {
    portId: 1,
    disposed: false,
    groups: [] as number[],
    send: () => assert.fail('events ask for nothing'),
    join: (group: number) => void transport.groups.push(group),
    wait: async () => !transport.disposed && rest.length > 0,
    receive: () => {
      const step = rest.shift()
      if (step instanceof SystemError) throw step
      return step === 'empty' ? undefined : step
    },
    [Symbol.dispose]: () => {
      transport.disposed = true
    },
  }
  return transport
}

describe('the stream of events', () => {
  const [created, updated, destroyed] = [
    netlink(0x0100, 0x600, flow), // IPCTNL_MSG_CT_NEW, NLM_F_CREATE | NLM_F_EXCL
    netlink(0x0100, 0, flow),
    netlink(0x0102, 0, flow), // IPCTNL_MSG_CT_DELETE
  ]
  const overrun = new SystemError('recv', ENOBUFS)

  async function typesOf(transport: Transport): Promise<ConntrackEvent['type'][]> {
    const types: ConntrackEvent['type'][] = []
    for await (const event of conntrackEvents(transport)) types.push(event.type)
    return types
  }

  test('joins the groups of the kinds that are wanted', () => {
    const [all, some] = [script(), script()]
    conntrackEvents(all)
    conntrackEvents(some, { types: ['destroy'] })
    assert.deepEqual([all.groups, some.groups], [[1, 2, 3], [3]])
  })

  test('tells new, update and destroy apart, several in a datagram too', async () => {
    const together = Uint8Array.from([...created, ...updated, ...destroyed])
    assert.deepEqual(await typesOf(script(created, 'empty', together)), ['new', 'new', 'update', 'destroy'])
  })

  test('passes over messages of others', async () => {
    const nftables = netlink(0x0a00, 0, hex`02 00 00 00`)
    const expectation = netlink(0x0200, 0, hex`02 00 00 00`)
    assert.deepEqual(await typesOf(script(nftables, expectation, updated)), ['update'])
  })

  test('reports a loss once, behind all that was queued when it happened', async () => {
    const types = await typesOf(script(overrun, created, updated, overrun, destroyed, 'empty', created))
    assert.deepEqual(types, ['new', 'update', 'destroy', 'lost', 'new'])
  })

  test('closes its transport when it ends, when the loop is left, and when reading fails', async () => {
    const [ended, left, failed, broken] = [
      script(created),
      script(created, updated),
      script(new SystemError('recv', EPERM)),
      script(netlink(0x0100, 0, hex`02 00 00 00`)),
    ]
    await typesOf(ended)
    for await (const _ of conntrackEvents(left)) break
    await assert.rejects(typesOf(failed), { code: 'EPERM' })
    await assert.rejects(typesOf(broken), Malformed)
    assert.deepEqual(
      [ended, left, failed, broken].map((transport) => transport.disposed),
      [true, true, true, true],
    )
  })

  test('yields nothing any more once it is disposed of, though more was queued', async () => {
    const events = conntrackEvents(script(Uint8Array.from([...created, ...updated]), destroyed))
    assert.equal((await events.next()).value?.type, 'new')
    events[Symbol.dispose]()
    assert.equal((await events.next()).done, true)
  })
})

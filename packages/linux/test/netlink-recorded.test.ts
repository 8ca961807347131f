import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Log, recording, replay } from '../src/netlink/recorded-transport.ts'

const log: Log = {
  portId: 7,
  steps: [{ join: 3 }, { send: '01020304' }, { receive: 'ff00' }, { receive: null }, { wait: true }],
}

test('a replay answers as recorded, step by step', async () => {
  const transport = replay(log)
  assert.equal(transport.portId, 7)
  transport.join(3)
  transport.send(Uint8Array.of(1, 2, 3, 4))
  assert.deepEqual(transport.receive(), Uint8Array.of(0xff, 0))
  assert.equal(transport.receive(), undefined)
  assert.equal(await transport.wait(), true)
  assert.throws(() => transport.receive(), { message: 'replay, step 6 of 5: receive after the end of the recording' })
})

test('recording a replay gives the same log again', async () => {
  const transport = recording(replay(log))
  transport.join(3)
  transport.send(Uint8Array.of(1, 2, 3, 4))
  transport.receive()
  transport.receive()
  await transport.wait()
  assert.deepEqual(transport.log, log)
})

for (const [what, bytes, at, rest] of [
  ['another byte', [1, 2, 9, 4], 2, '0904 where it has 0304'],
  ['fewer bytes', [1, 2], 2, 'the end where it has 0304'],
  ['more bytes', [1, 2, 3, 4, 5], 4, '05 where it has the end'],
] as const) {
  test(`a request with ${what} than the recording is an error that names the first difference`, () => {
    const transport = replay({ portId: 1, steps: [{ send: '01020304' }] })
    assert.throws(() => transport.send(Uint8Array.from(bytes)), {
      message: `replay, step 1 of 1: the request differs from the recording at byte ${at}: ${rest}`,
    })
  })
}

test('another order than the recording’s is an error', () => {
  assert.throws(() => replay(log).receive(), { message: 'replay, step 1 of 5: receive where the recording has join' })
  assert.throws(() => replay(log).join(4), {
    message: 'replay, step 1 of 5: joins group 4 where the recording joins 3',
  })
})

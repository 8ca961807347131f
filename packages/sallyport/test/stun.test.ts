import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { test } from 'node:test'
import { sandbox } from '@sallyport/lab'
import { stun } from '@sallyport/traversal'
import { Running } from './support/server.ts'

await sandbox()

/** What never comes is waited for no longer. Milliseconds. */
const within = { timeout: 60_000 }

test('stun tells clients where they come from, over IPv4 and IPv6, with one thread or several', within, async () => {
  for (const workers of ['1', '3']) {
    await using server = await Running.start([
      ...['stun', '--listen', '127.0.0.1:0', '--listen', '[::1]:0', '--workers', workers],
    ])
    const listen = server.ready.listen as { address: string; port: number }[]
    assert.deepEqual(
      listen.map(({ address }) => address),
      ['127.0.0.1', '::1'],
    )
    for (const at of listen) {
      const { mapped, local } = await stun.bind(at)
      assert.deepEqual(mapped, { address: at.address, port: local.port })
    }
  }
})

test('a request with attributes is answered too, and one that cannot be obeyed is refused', within, async () => {
  await using server = await Running.start(['stun', '--listen', '127.0.0.1:0'])
  const [{ port }] = server.ready.listen as [{ port: number }]
  const ask = async (...attributes: readonly stun.Attached[]): Promise<stun.Message> => {
    const socket = createSocket('udp4')
    const header = { class: 'request', method: stun.methods.binding, transaction: new Uint8Array(12).fill(7) } as const
    const answer = once(socket, 'message')
    socket.send(stun.encodeMessage(header, attributes, [stun.fingerprint]), port, '127.0.0.1')
    const [bytes] = await answer
    socket.close()
    return stun.decodeMessage(Uint8Array.from(bytes))!
  }
  const answer = await ask(stun.software.of('a client'))
  assert.deepEqual([answer.class, stun.checkFingerprint(answer)], ['success', 'right'])
  const refused = await ask(stun.changeRequest.of({ address: true, port: true }))
  assert.equal(refused.get(stun.errorCode)?.code, 420)
})

test('two addresses with two ports each are a server for NAT discovery (RFC 5780)', within, async () => {
  const ports = await freePorts(2)
  const places = ['127.0.0.1', '127.0.0.2'].flatMap((address) => ports.map((port) => `${address}:${port}`))
  const listen = places.flatMap((place) => ['--listen', place])
  await using _ = await Running.start(['stun', ...listen, '--workers', '2'])
  const { origin, other } = await stun.bind({ address: '127.0.0.1', port: ports[0]! })
  assert.deepEqual(origin, { address: '127.0.0.1', port: ports[0] })
  assert.deepEqual(other, { address: '127.0.0.2', port: ports[1] })
})

async function freePorts(count: number): Promise<number[]> {
  const sockets = Array.from({ length: count }, () => createSocket('udp4').bind(0, '127.0.0.1'))
  await Promise.all(sockets.map((socket) => once(socket, 'listening')))
  const ports = sockets.map((socket) => socket.address().port)
  for (const socket of sockets) socket.close()
  return ports
}

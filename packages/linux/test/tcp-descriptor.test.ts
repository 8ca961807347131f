import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { openTcp, sandbox, tcpConnect, tcpListen } from '@sallyport/linux'

await sandbox()

test('a port that is listened on can be connected from, when both sockets share it', async () => {
  await using far = await tcpListen({ address: '127.0.0.1' })
  const { port } = far.address() as { readonly port: number }
  const own = { address: '127.0.0.1', port: 5000, reusePort: true }
  await using near = createServer()
  near.listen({ fd: openTcp(own) })
  await once(near, 'listening')
  assert.deepEqual(near.address(), { address: '127.0.0.1', port: 5000, family: 'IPv4' })
  const accepted = once(far, 'connection')
  const socket = await tcpConnect({ to: { address: '127.0.0.1', port }, from: own, reusePort: true })
  const [other] = await accepted
  assert.equal(other.remotePort, 5000)
  socket.destroy()
  other.destroy()
})

test('a port of somebody who does not share it is taken', async () => {
  await using server = await tcpListen({ address: '127.0.0.1' })
  const { port } = server.address() as { readonly port: number }
  assert.throws(() => openTcp({ address: '127.0.0.1', port, reusePort: true }), {
    code: 'EADDRINUSE',
    message: new RegExp(`127.0.0.1:${port}`),
  })
})

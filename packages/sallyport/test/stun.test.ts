import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { sandbox } from '@sallyport/lab'
import { stun } from '@sallyport/traversal'
import { program } from './support/command.ts'
import { Folder, Running } from './support/server.ts'

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

/** A server that gets a signal the moment its configuration is being read: what it says, and how it ends. */
async function signalled(
  signal: NodeJS.Signals,
): Promise<{ running: ChildProcess; said: string; done: Promise<unknown> }> {
  using folder = new Folder()
  const fifo = join(folder.path, 'turn.yaml')
  execFileSync('mkfifo', [fifo])
  const running = spawn(process.execPath, [program, 'turn', '-c', fifo], { stdio: ['ignore', 'pipe', 'pipe'] })
  const result = { running, said: '', done: once(running, 'close') }
  for (const stream of [running.stdout, running.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      result.said += text
    })
  }
  const handle = await open(fifo, 'w') // resolves when the server opens the other end
  running.kill(signal)
  await handle.write('listen: 127.0.0.1:0\nrelay: 127.0.0.1\nrealm: example.org\nusers: { a: b }\n')
  await handle.close()
  return result
}

for (const signal of ['SIGTERM', 'SIGINT', 'SIGUSR1'] as const) {
  test(`${signal} while it starts: it ends when it has started, with exit 0`, within, async () => {
    const { running, done } = await signalled(signal)
    await done
    assert.deepEqual([running.exitCode, running.signalCode], [0, null])
  })
}

test('SIGUSR1 opens no debugger, and SIGHUP while it starts is obeyed when it has', within, async () => {
  const drained = await signalled('SIGUSR1')
  await drained.done
  assert.doesNotMatch(drained.said, /[Dd]ebugger/)
  assert.match(drained.said, /drained result=empty/)
  const server = await signalled('SIGHUP')
  // The file is not there any more: what is there stays in force.
  while (!/reload-failed/.test(server.said)) await once(server.running.stderr!, 'data')
  server.running.kill('SIGTERM')
  await server.done
  assert.deepEqual([server.running.exitCode, server.running.signalCode], [0, null])
})

async function freePorts(count: number): Promise<number[]> {
  const sockets = Array.from({ length: count }, () => createSocket('udp4').bind(0, '127.0.0.1'))
  await Promise.all(sockets.map((socket) => once(socket, 'listening')))
  const ports = sockets.map((socket) => socket.address().port)
  for (const socket of sockets) socket.close()
  return ports
}

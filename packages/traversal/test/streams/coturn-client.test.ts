import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import { sandbox } from '@sallyport/linux'
import { needs } from '@sallyport/linux/testing'
import { portOf, serve } from './support/stage.ts'
import type { StreamHost } from './support/stream-host.ts'

await sandbox()

const withCoturn = needs({ turnutils_uclient: 'coturn' })

/** Runs coturn's client against a server until it has sent all; gives what it says. */
async function uclient(server: StreamHost, ...options: readonly string[]): Promise<string> {
  const port = portOf(server, options.includes('-S') ? 'tls' : 'tcp')
  const common = ['-u', 'alice', '-w', 'alice has one', '-p', `${port}`, '-n', '20', '-z', '5', '-l', '172']
  const child = spawn('turnutils_uclient', [...common, ...options, '127.0.0.1'], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => (said += bytes))
  const [code] = await once(child, 'close')
  assert.equal(code, 0, said)
  return said
}

/** The last word on messages sent, received and lost. */
function totals(said: string): { sent: number; received: number } {
  const last = [...said.matchAll(/tot_send_msgs=(\d+), tot_recv_msgs=(\d+)/g)].at(-1)
  assert.ok(last, said)
  return { sent: Number(last[1]), received: Number(last[2]) }
}

// Its client reads one message of a record of TLS and leaves the rest: there they must not come close together, which
// on a busy machine they may do all the same.
const seldom = ['-z', '60']
const attemptsOf = (options: readonly string[]): number => (options.includes('-S') ? 5 : 1)

describe("coturn's client", { ...withCoturn, concurrency: true, timeout: 240_000 }, () => {
  for (const [what, ...options] of [
    ['channels over TCP', '-t', '-y', '-c'],
    ['indications over TCP', '-t', '-y', '-c', '-s'],
    ['channels over TLS', '-t', '-S', '-y', '-c', ...seldom],
    ['indications over TLS', '-t', '-S', '-y', '-c', '-s', ...seldom],
    ['pairs of relays over TCP', '-t', '-y'],
    ['ten clients over TCP', '-t', '-y', '-c', '-m', '10'],
    ['messages whose length is no multiple of four', '-t', '-y', '-c', '-l', '173'],
    ['relays of IPv6', '-t', '-y', '-c', '-x'],
    ['mobility', '-t', '-y', '-c', '-M'],
    ['extra requests', '-t', '-y', '-c', '-G'],
    ['connections to peers over TCP', '-T'],
    ['connections to peers over TLS', '-T', '-S', ...seldom],
  ] as const) {
    test(what, async () => {
      await using server = await serve({ families: 'both', turnLimits: { perUser: 100 } })
      let last = totals(await uclient(server, ...options))
      for (let attempt = 1; attempt < attemptsOf(options) && last.received < last.sent; attempt += 1) {
        last = totals(await uclient(server, ...options))
      }
      assert.ok(last.sent > 0)
      assert.equal(last.received, last.sent)
    })
  }

  // One side alone listens to what comes; of coturn's own server it hears half of the messages, too.
  test('connections from peers', async () => {
    await using server = await serve({ turnLimits: { perUser: 100 } })
    const { sent, received } = totals(await uclient(server, '-P'))
    assert.ok(sent > 0)
    assert.equal(received * 2, sent)
  })
})

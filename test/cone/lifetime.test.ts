import assert from 'node:assert/strict'
import { performance } from 'node:perf_hooks'
import { test } from 'node:test'
import { type Mailbox, sandbox } from '@sallyport/lab'
import { buildHouse, externalPort, type House, openServers, WAN } from '../support/house.ts'

await sandbox()

const limits = { timeout: 60_000 }

const timeout = 3 // seconds
const rules = `nat: { filtering: endpoint-independent, protocols: [udp], timeout: ${timeout}s, takeover: 1s }`
const every = 400 // milliseconds

/** Calls again and again for a while: what keeps a mapping alive is traffic, and traffic takes time. */
async function repeatedly(seconds: number, act: () => Promise<unknown>): Promise<void> {
  const end = performance.now() + seconds * 1000
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const timer = setInterval(() => {
    if (performance.now() > end) resolve()
    else act().catch(reject)
  }, every)
  await promise.finally(() => clearInterval(timer))
}

/** Milliseconds from now until strangers get in no more; each asks from another port, so that none has a flow. */
async function closesAfter(house: House, inside: Mailbox, external: number): Promise<number> {
  const start = performance.now()
  while (performance.now() < start + (timeout + 5) * 1000) {
    if (!house.sallyport.status().mappings.some((mapping) => mapping.external === external)) break
    await new Promise((resolve) => setTimeout(resolve, 50)) // nf_tables sends no event for elements that time out
  }
  const gone = performance.now() - start
  await using stranger = await house.stranger.mailbox()
  await stranger.send('late', { address: WAN, port: external })
  await inside.expectNothing({ text: 'late' })
  return gone
}

for (const direction of ['leave', 'arrive'] as const) {
  test(
    `a mapping stays while packets ${direction}, and is gone within the timeout and 2 s after the last`,
    limits,
    async () => {
      await using house = await buildHouse(rules)
      const [server] = await openServers(house)
      const inside = await house.consoles[0].mailbox({ port: 50000 })
      const stranger = await house.stranger.mailbox()
      const external = await externalPort(inside, server.first.endpoint)
      const address = { address: WAN, port: external }

      await repeatedly(timeout * 2 + 1, () =>
        direction === 'leave' ? inside.send('out', server.second.endpoint) : stranger.send('in', address),
      )
      inside.drain()
      await using another = await house.stranger.mailbox()
      await another.send('still open', address)
      await inside.receive({ text: 'still open' })

      const gone = await closesAfter(house, inside, external)
      assert.ok(gone > (timeout - 1.5) * 1000, `gone after ${gone.toFixed(0)} ms already`)
      assert.ok(gone < (timeout + 2) * 1000, `gone after ${gone.toFixed(0)} ms only`)
    },
  )
}

test('answers alone keep a mapping, too', limits, async () => {
  await using house = await buildHouse(rules)
  const [server] = await openServers(house)
  const inside = await house.consoles[0].mailbox({ port: 50000 })
  const external = await externalPort(inside, server.first.endpoint)

  await repeatedly(timeout * 2, () => server.first.send('answer', { address: WAN, port: external }))

  await using stranger = await house.stranger.mailbox()
  await stranger.send('still open', { address: WAN, port: external })
  await inside.receive({ text: 'still open' })
})

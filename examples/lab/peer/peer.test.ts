/** `node --test examples/lab/peer/peer.test.ts`: our peers, behind the NATs that people have. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { capture, eventually, Lab, type LabNode, sandbox, withEvidence } from '@sallyport/lab'

await sandbox()

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

/** Both peers behind NATs of their own, and what became of them. */
async function meet(lab: Lab, alice: LabNode, bob: LabNode): Promise<string[]> {
  const place = lab.server('rendezvous')
  const rendezvous = place.spawn('node', [file('./rendezvous.ts'), '7000'])
  // It listens when the kernel says so: nothing to sleep for.
  await eventually(
    () =>
      assert.match(
        place.run(() => readFileSync('/proc/thread-self/net/udp', 'utf8')),
        /:1B58/,
      ),
    { what: 'the rendezvous listens' },
  ) // port 7000
  const peers = [alice, bob].map((node) => node.exec('node', [file('./peer.ts'), `${place.address}:7000`, 'room']))
  const ended = await Promise.all(peers)
  rendezvous.kill()
  return ended.map(({ stdout, stderr }) => (stdout + stderr).trim())
}

for (const [a, b] of [
  ['home', 'home'],
  ['full-cone', 'symmetric'],
  ['cgnat', 'home'],
] as const) {
  test(`${a} and ${b} get through to each other`, async () => {
    await using lab = await Lab.create()
    await using seen = capture(lab, { keep: 30 })
    const alice = lab.router('a', { nat: a, uplink: { delay: '15ms' } }).host('alice')
    const bob = lab.router('b', { nat: b, uplink: { delay: '40ms', loss: 0.05 } }).host('bob')
    const check = async (): Promise<void> => {
      for (const said of await meet(lab, alice, bob)) assert.match(said, /^heard hello/)
    }
    await withEvidence(lab, check, { capture: seen })
  })
}

test('home and symmetric do not: there the program needs a relay', async () => {
  await using lab = await Lab.create()
  const alice = lab.router('a', { nat: 'home' }).host('alice')
  const bob = lab.router('b', { nat: 'symmetric' }).host('bob')
  for (const said of await meet(lab, alice, bob)) assert.match(said, /^heard nothing/)
})

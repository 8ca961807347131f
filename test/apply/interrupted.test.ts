import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { sandbox } from '@sallyport/lab'
import { buildHouse, config, WAN } from './support/house.ts'
import { settings } from './support/two-configs.ts'

await sandbox()

/** Until it is disposed of, no setting of the kernel can be changed: an apply gets as far as that, and no further. */
function readOnlySettings(): Disposable {
  const mount = (...args: string[]): void => assert.equal(spawnSync(args[0]!, args.slice(1)).status, 0, args.join(' '))
  mount('mount', '--bind', '/proc/sys', '/proc/sys')
  mount('mount', '-o', 'remount,bind,ro', '/proc/sys')
  return { [Symbol.dispose]: () => mount('umount', '/proc/sys') }
}

test('an apply that ends between the commit and the rest: the next one ends the flows and changes the settings', async () => {
  await using house = await buildHouse()
  const { sallyport, alice, stranger } = house
  const before = settings(house)
  const text = (takeover: string, ports: string): ReturnType<typeof config> =>
    config(`nat: { takeover: ${takeover}, limit: none }\nforwards: [${ports}]\n`)
  sallyport.apply(text('20s', 'tcp/80 -> alice, tcp/81 -> alice'))
  const sockets: Socket[] = []
  for (const port of [80, 81]) {
    const server = await alice.tcpListen({ port })
    const accepted = once(server, 'connection')
    const near = await stranger.tcpConnect({ to: { address: WAN, port } })
    const [far] = (await accepted) as [Socket]
    sockets.push(near, far)
  }
  const wanted = text('10s', 'tcp/81 -> alice')
  const flows = (): string[] =>
    sallyport
      .plan(wanted)
      .changes.filter(({ kind }) => kind === 'flow')
      .map(({ name }) => name)
  {
    using _ = readOnlySettings()
    assert.throws(() => sallyport.apply(wanted), /EROFS/)
  }
  assert.match(flows().join(), /^tcp 203\.0\.113\.66:\d+ -> 203\.0\.113\.1:80$/)
  const healed = sallyport.apply(wanted)
  assert.deepEqual([...new Set(healed.changes.map(({ kind }) => kind))].sort(), ['flow', 'sysctl'])
  assert.deepEqual(flows(), [])
  const again = sallyport.apply(wanted)
  assert.deepEqual([again.changes, again.messages], [[], 0])
  const heard = once(sockets[3]!, 'data')
  sockets[2]!.write('the other one goes on')
  await heard
  for (const socket of sockets) socket.destroy()
  sallyport.down()
  assert.equal(settings(house), before)
})

test('down that cannot put the settings back leaves the table, and the next one finishes', async () => {
  await using house = await buildHouse()
  const before = settings(house)
  house.sallyport.apply(config())
  {
    using _ = readOnlySettings()
    assert.throws(() => house.sallyport.down(), /EROFS/)
  }
  assert.equal(house.sallyport.status().active, true)
  house.sallyport.down()
  assert.equal(settings(house), before)
})

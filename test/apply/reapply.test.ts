import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Server, Socket } from 'node:net'
import { test } from 'node:test'
import { type LabNode, report, sandbox } from '@sallyport/lab'
import { connect } from '@sallyport/nftables'
import { buildHouse, cone, config, type House, WAN } from './support/house.ts'

await sandbox()

/** `tcp/7000 -> alice`, `tcp/7002 -> alice:8002`…: none beside another, so that no two become one range. */
function forwards(count: number, ...more: string[]): string {
  const each = Array.from({ length: count - 1 }, (_, n) => `tcp/${7000 + 2 * n} -> alice${n % 2 ? ':22' : ''}`)
  return `forwards: [${['udp/99 -> bob', ...each, ...more].map((line) => `'${line}'`).join(', ')}]\n`
}

const numberOfRules = ({ router }: House): number => {
  using nftables = connect({ namespace: router.namespace })
  return nftables.rules().length
}

test('the same file again sends no message and makes no generation', async () => {
  await using house = await buildHouse()
  const wanted = config(cone() + forwards(10))
  const { generation, messages } = house.sallyport.apply(wanted)
  assert.ok(messages > 100)
  const handles = await house.router.exec('nft', ['-a', 'list', 'ruleset'])
  assert.deepEqual(house.sallyport.plan(wanted), { changes: [], messages: 0, warnings: [] })
  assert.deepEqual(house.sallyport.apply(wanted), { changes: [], messages: 0, warnings: [], generation })
  assert.deepEqual(await house.router.exec('nft', ['-a', 'list', 'ruleset']), handles)
})

/** An open connection; `far` is the end that was listening. */
interface Connection extends AsyncDisposable {
  readonly near: Socket
  readonly far: Socket
}

async function connection(server: LabNode, port: number, client: LabNode, to: string): Promise<Connection> {
  const listening: Server = await server.tcpListen({ port })
  const accepted = once(listening, 'connection')
  const near = await client.tcpConnect({ to: { address: to, port } })
  const [far] = (await accepted) as [Socket]
  // A connection that was cut off may be reset by whoever gets its packets now.
  for (const end of [near, far]) end.on('error', () => end.destroy())
  return {
    near,
    far,
    async [Symbol.asyncDispose]() {
      const closed = once(listening, 'close')
      listening.close()
      for (const end of [near, far]) end.destroy()
      await closed
    },
  }
}

/** Does the far end hear what the near end says? */
async function carries({ near, far }: Connection, within = 10_000): Promise<boolean> {
  const heard = once(far, 'data', { signal: AbortSignal.timeout(within) })
  near.write('hello')
  return heard.then(
    () => true,
    () => false,
  )
}

/** Sends until told to stop; the returned function gives what was sent. */
function streamThrough({ near }: Connection): () => Promise<number> {
  let sent = 0
  let going = true
  const chunk = Buffer.alloc(16 << 10, 'x')
  const pump = (async () => {
    while (going) {
      sent += chunk.length
      if (!near.write(chunk)) await once(near, 'drain')
      await new Promise(setImmediate)
    }
    near.end()
  })()
  return async () => {
    going = false
    await pump
    return sent
  }
}

for (const count of [10, 10_000]) {
  test(`one more forward than ${count}: few messages, and what was learned, counted and connected stays`, async () => {
    await using house = await buildHouse()
    const { sallyport, alice, server, stranger } = house
    sallyport.apply(config(cone() + forwards(count)))
    const rules = numberOfRules(house)

    const asked = await alice.mailbox({ port: 50000 })
    await using reflector = await server.reflector({ port: 3478 })
    const seen = await report(asked, reflector.endpoint)
    await using transfer = await connection(alice, 7000, stranger, WAN)
    let received = 0
    transfer.far.on('data', (data: Buffer) => {
      received += data.length
    })
    const stop = streamThrough(transfer)
    await once(transfer.far, 'data')
    const before = sallyport.status()

    const { messages, changes } = sallyport.apply(config(cone() + forwards(count, 'udp/5099 -> bob')))
    await once(transfer.far, 'data')
    const sent = await stop()
    await once(transfer.far, 'end')

    // Four elements, and the two rules that say in which range hosts get another port, out and in.
    assert.equal(messages, 8, JSON.stringify(changes))
    assert.equal(numberOfRules(house), rules)
    assert.equal(received, sent)
    const status = sallyport.status()
    const same = ({ protocol, external, internal }: (typeof before.mappings)[number]): string =>
      `${protocol} ${external} ${internal}`
    assert.deepEqual(status.mappings.map(same), before.mappings.map(same))
    assert.deepEqual(status.mappings.map(same), [`udp ${seen.source.port} 192.168.1.100:50000`])
    const [then] = before.forwards.filter(({ port }) => port === 'tcp/7000')
    const [now] = status.forwards.filter(({ port }) => port === 'tcp/7000')
    assert.ok(now!.packets > then!.packets && then!.packets > 0n, 'counted on')
    assert.ok(now!.bytes > BigInt(sent), 'both directions and headers')
    assert.equal(status.forwards.length, count + 1)
  })
}

test('10 and 10,000 forwards take the same number of rules', async () => {
  await using house = await buildHouse()
  const count = (forward: number): number => {
    house.sallyport.apply(config(cone() + forwards(forward)))
    return numberOfRules(house)
  }
  assert.equal(count(10), count(10_000))
})

test('without a forward its connections end, and all others go on', async () => {
  await using house = await buildHouse()
  const { sallyport, alice, bob, server, stranger } = house
  const allow = 'allow: [lan -> wan, wan -> router: [tcp/22]]\n'
  const range = (to: number): string => `forwards: [tcp/6881 -> alice, 'tcp/9000-${to} -> bob']\n`
  sallyport.apply(config(`${allow}forwards: [tcp/80 -> alice, tcp/6881 -> alice, tcp/9000-9010 -> bob]\n`))
  await using removed = await connection(alice, 80, stranger, WAN)
  await using kept = await connection(alice, 6881, stranger, WAN)
  await using inNarrowed = await connection(bob, 9001, stranger, WAN)
  await using cutOff = await connection(bob, 9009, stranger, WAN)
  await using outbound = await connection(server, 443, alice, server.address)
  await using toRouter = await connection(house.router, 22, stranger, WAN)
  const planned = sallyport.plan(config(allow + range(9005)))
  const done = sallyport.apply(config(allow + range(9005)))
  const flows = done.changes.filter(({ kind }) => kind === 'flow').map(({ name }) => name.replace(/:\d+ ->/, ' ->'))
  assert.deepEqual(flows.sort(), ['tcp 203.0.113.66 -> 203.0.113.1:80', 'tcp 203.0.113.66 -> 203.0.113.1:9009'])
  assert.deepEqual([planned.changes, planned.messages], [done.changes, done.messages])
  for (const going of [kept, inNarrowed, outbound, toRouter]) assert.equal(await carries(going), true)
  for (const ended of [removed, cutOff]) assert.equal(await carries(ended, 300), false)
})

test('without a forward its connections end, also when the host inside is the one that speaks', async () => {
  await using house = await buildHouse()
  const { sallyport, alice, stranger } = house
  sallyport.apply(config('forwards: [tcp/80 -> alice]\n'))
  await using removed = await connection(alice, 80, stranger, WAN)
  sallyport.apply(config())
  assert.equal(await carries({ ...removed, near: removed.far, far: removed.near }, 300), false)
})

test('a forward that goes to another host takes its connections along to nobody', async () => {
  await using house = await buildHouse()
  const { sallyport, alice, stranger } = house
  sallyport.apply(config('forwards: [tcp/80 -> alice, tcp/81 -> alice]\n'))
  await using moved = await connection(alice, 80, stranger, WAN)
  await using kept = await connection(alice, 81, stranger, WAN)
  sallyport.apply(config('forwards: [tcp/80 -> bob, tcp/81 -> alice]\n'))
  assert.deepEqual([await carries(kept), await carries(moved, 300)], [true, false])
})

test('a port that becomes reserved loses its mapping and its flows, and other mappings do not', async () => {
  await using house = await buildHouse()
  const { sallyport, alice, server, stranger } = house
  sallyport.apply(config(cone()))
  await using reflector = await server.reflector({ port: 3478 })
  const boxes = [await alice.mailbox({ port: 50000 }), await alice.mailbox({ port: 50001 })] as const
  for (const box of boxes) assert.equal((await report(box, reflector.endpoint)).source.port, box.local.port)
  await using knocking = await stranger.mailbox()
  const done = sallyport.apply(config(cone(', reserved: [udp/50000]')))
  const mappings = done.changes.filter(({ kind }) => kind === 'mapping').map(({ name }) => name)
  assert.ok(mappings.includes('ext { udp . 50000 }'), mappings.join())
  assert.ok(mappings.every((name) => name.includes('50000')))
  assert.equal(done.changes.filter(({ kind }) => kind === 'flow').length, 1)
  assert.deepEqual(
    sallyport.status().mappings.map(({ external }) => external),
    [50001],
  )
  await knocking.send('one', { address: WAN, port: 50000 })
  await knocking.send('two', { address: WAN, port: 50001 })
  assert.equal((await boxes[1].receive({ text: 'two' })).payload.toString(), 'two')
  await boxes[0].expectNothing()
  const again = await report(boxes[0], reflector.endpoint)
  assert.notEqual(again.source.port, 50000, 'the host goes on with another port')
})

test('a port that a host comes to own is taken from the host that had opened it', async () => {
  await using house = await buildHouse()
  const { sallyport, alice, bob, server } = house
  sallyport.apply(config(cone()))
  await using reflector = await server.reflector({ port: 3478 })
  const box = await alice.mailbox({ port: 45000 })
  assert.equal((await report(box, reflector.endpoint)).source.port, 45000)
  sallyport.apply(config(`${cone()}forwards: [udp/45000 -> bob]\n`))
  assert.notEqual((await report(box, reflector.endpoint)).source.port, 45000)
  const owner = await bob.mailbox({ port: 45000 })
  assert.equal((await report(owner, reflector.endpoint)).source.port, 45000)
})

test('less allowed from the WAN to the router: its connections there end, those from the LAN do not', async () => {
  await using house = await buildHouse()
  const { sallyport, router, alice, stranger } = house
  const allow = (ports: string): string => `allow: [lan -> wan, lan -> router: [tcp/24], wan -> router: ${ports}]\n`
  sallyport.apply(config(allow('[tcp/20-25, tcp/80]')))
  await using closed = await connection(router, 22, stranger, WAN)
  await using web = await connection(router, 80, stranger, WAN)
  await using inside = await connection(router, 23, stranger, WAN)
  await using fromLan = await connection(router, 24, alice, '192.168.1.1')
  sallyport.apply(config(allow('[tcp/23, tcp/80]')))
  assert.deepEqual([await carries(web), await carries(inside), await carries(fromLan)], [true, true, true])
  assert.equal(await carries(closed, 300), false)
})

test('less allowed from the LAN to the internet: the connections that it meant end', async () => {
  await using house = await buildHouse()
  const { sallyport, alice, server } = house
  sallyport.apply(config('allow: [lan -> wan]\n'))
  await using web = await connection(server, 443, alice, server.address)
  await using telnet = await connection(server, 23, alice, server.address)
  sallyport.apply(config('allow: [lan -> wan: [tcp/443]]\n'))
  assert.deepEqual([await carries(web), await carries(telnet, 300)], [true, false])
})

test('what was routed without translation before the first apply is translated after it', async () => {
  await using house = await buildHouse()
  const { sallyport, router, alice, server } = house
  router.sysctl('net.ipv4.ip_forward', 1)
  const tracking = 'table ip t { chain c { type filter hook forward priority 0; ct state new accept; }; }'
  assert.equal((await router.exec('nft', [tracking])).status, 0)
  await using reflector = await server.reflector({ port: 3478 })
  const box = await alice.mailbox({ port: 50000 })
  assert.equal((await report(box, reflector.endpoint)).source.address, '192.168.1.100')
  sallyport.apply(config())
  assert.equal((await report(box, reflector.endpoint)).source.address, WAN)
})

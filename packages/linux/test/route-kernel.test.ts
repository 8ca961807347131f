import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { NetlinkError, NetworkNamespace, Route, sandbox } from '../src/index.ts'

await sandbox()

/** A fresh namespace with rtnetlink to it; `ip` runs Debian's program in it as an oracle. */
class Place implements Disposable {
  readonly namespace = NetworkNamespace.create()
  readonly route = Route.open({ namespace: this.namespace })

  ip(...args: string[]): Record<string, unknown>[] {
    const text = execFileSync('nsenter', [`--net=${this.namespace.path}`, 'ip', '-json', '-details', ...args], {
      encoding: 'utf8',
    })
    return JSON.parse(text || '[]')
  }

  /** What `ip -details` says about a link of some kind. */
  kindData(name: string): Record<string, unknown> {
    const [link] = this.ip('link', 'show', name) as [{ linkinfo: { info_data: Record<string, unknown> } }]
    return link.linkinfo.info_data
  }

  [Symbol.dispose](): void {
    this.route[Symbol.dispose]()
    this.namespace[Symbol.dispose]()
  }
}

/** Two places and a link between them, both ends up. */
function pair(a: Place, b: Place): void {
  a.route.addVeth({ name: 'a', up: true, peer: { name: 'b', namespace: b.namespace } })
  b.route.setLink('b', { up: true })
}

test('a veth is made with its peer in another namespace, and both are as asked', async () => {
  using home = new Place()
  using away = new Place()
  home.route.addVeth({
    name: 'lan0',
    up: true,
    mtu: 1400,
    hardwareAddress: '02:00:00:00:00:01',
    peer: { name: 'eth0', namespace: away.namespace, hardwareAddress: '02:00:00:00:00:02' },
  })
  away.route.setLink('eth0', { up: true })
  const { index, lower, counters, state: _state, ...lan0 } = await home.route.running('lan0')
  assert.deepEqual(lan0, {
    name: 'lan0',
    kind: 'veth',
    up: true,
    running: true,
    mtu: 1400,
    hardwareAddress: '02:00:00:00:00:01',
    master: undefined,
  })
  assert.equal(lower, away.route.link('eth0').index)
  assert.ok(counters)
  const [eth0] = away.ip('link', 'show', 'eth0')
  assert.deepEqual(
    [eth0?.mtu, eth0?.address, eth0?.ifindex],
    [1400, '02:00:00:00:00:02', away.route.link('eth0').index],
  )
})

test('links are listed as ip(8) lists them', () => {
  using place = new Place()
  place.route.addBridge({ name: 'br0', up: true })
  place.route.addVeth({ name: 'v0', peer: { name: 'v1', mtu: 9000 } })
  place.route.setLink('v0', { master: 'br0' })
  const ours = place.route.links().map(({ name, index, mtu, kind, up }) => ({ name, index, mtu, kind, up }))
  const theirs = place.ip('link').map((link) => ({
    name: link.ifname,
    index: link.ifindex,
    mtu: link.mtu,
    kind: (link.linkinfo as { info_kind?: string } | undefined)?.info_kind,
    up: (link.flags as string[]).includes('UP'),
  }))
  assert.deepEqual(ours, theirs)
})

test('a link is running once the other end is up, and can be awaited', async () => {
  using a = new Place()
  using b = new Place()
  a.route.addVeth({ name: 'a', up: true, peer: { name: 'b', namespace: b.namespace } })
  assert.equal(a.route.link('a').running, false)
  const waiting = a.route.running('a')
  b.route.setLink('b', { up: true })
  assert.equal((await waiting).running, true)
  assert.equal((await b.route.running('b')).name, 'b')
})

test('waiting for a link whose other end stays down ends with what is missing', async () => {
  using a = new Place()
  a.route.addVeth({ name: 'a', up: true, peer: { name: 'b' } })
  await assert.rejects(a.route.running('a', 10), {
    name: 'SystemError',
    code: 'ETIMEDOUT',
    message: /^wait for link a to run: ETIMEDOUT: not after 10 ms: both ends have to be up/,
  })
})

test('waits for an address that comes by itself', async () => {
  using a = new Place()
  a.route.addVeth({ name: 'a', up: true, peer: { name: 'b' } })
  const waiting = a.route.addressed(({ address }) => address.startsWith('192.0.2.'))
  a.route.addAddress('a', '192.0.2.7/24')
  assert.equal((await waiting).address, '192.0.2.7/24')
  await assert.rejects(
    a.route.addressed(({ address }) => address === '192.0.2.8/24', 10),
    /^SystemError: wait for an address: ETIMEDOUT: not after 10 ms: there are .*192\.0\.2\.7\/24 on a/,
  )
})

test('a link becomes a port of a bridge, and stops being one', () => {
  using place = new Place()
  place.route.addBridge({ name: 'br0', multicastSnooping: false })
  place.route.addVeth({ name: 'v0', peer: { name: 'v1' } })
  place.route.setLink('v0', { master: 'br0' })
  assert.equal(place.route.link('v0').master, place.route.link('br0').index)
  place.route.setLink('v0', { master: null })
  assert.equal(place.route.link('v0').master, undefined)
  assert.equal(place.kindData('br0').mcast_snooping, 0)
})

test('a link is renamed, resized, given an address and brought up by one call', () => {
  using place = new Place()
  place.route.addVeth({ name: 'old0', peer: { name: 'peer0' } })
  const { index } = place.route.link('old0')
  place.route.setLink('old0', {
    name: 'new0',
    mtu: 1280,
    hardwareAddress: '02:00:00:00:00:09',
    queueLength: 5,
    up: true,
  })
  const { name, mtu, hardwareAddress, up } = place.route.link(index)
  assert.deepEqual([name, mtu, hardwareAddress, up], ['new0', 1280, '02:00:00:00:00:09', true])
  assert.equal(place.ip('link', 'show', 'new0')[0]?.txqlen, 5)
  place.route.setLink('new0', { up: false })
  assert.equal(place.route.link('new0').up, false)
})

test('a link moves to another namespace under a new name', () => {
  using from = new Place()
  using to = new Place()
  from.route.addVeth({ name: 'v0', peer: { name: 'v1' } })
  from.route.setLink('v0', { namespace: to.namespace, name: 'moved0' })
  assert.deepEqual(
    to.route.links().map(({ name }) => name),
    ['lo', 'moved0'],
  )
  assert.throws(() => from.route.link('v0'), { code: 'ENODEV' })
})

test('a vxlan is made in a third namespace, its socket stays here', () => {
  using fabric = new Place()
  using node = new Place()
  fabric.route.addVxlan({
    name: 'wire0',
    id: 42,
    remote: '127.0.0.1',
    port: 5555,
    learning: false,
    namespace: node.namespace,
  })
  const data = node.kindData('wire0')
  assert.deepEqual([data.id, data.remote, data.port, data.learning], [42, '127.0.0.1', 5555, false])
  assert.equal(node.route.link('wire0').kind, 'vxlan')
})

test('deleting one end of a veth deletes the other', () => {
  using a = new Place()
  using b = new Place()
  pair(a, b)
  a.route.deleteLink('a')
  assert.deepEqual(
    b.route.links().map(({ name }) => name),
    ['lo'],
  )
})

test('addresses of both families can be used at once', () => {
  using a = new Place()
  using b = new Place()
  pair(a, b)
  a.route.addAddress('a', '192.168.1.1/24')
  a.route.addAddress('a', '2001:db8::1/64')
  const ours = a.route.addresses().filter(({ address }) => !address.startsWith('fe80'))
  const { index } = a.route.link('a')
  const entry = { link: 'a', index, usable: true, deprecated: false, permanent: true }
  assert.deepEqual(ours, [
    { ...entry, address: '192.168.1.1/24', family: 4 },
    { ...entry, address: '2001:db8::1/64', family: 6 },
  ])
})

test('an address is deprecated and preferred again, and one with a lifetime is not permanent', () => {
  using a = new Place()
  using b = new Place()
  pair(a, b)
  const states = (): unknown[] =>
    a.route
      .addresses()
      .filter(({ address }) => !address.startsWith('fe80'))
      .map(({ address, deprecated, permanent }) => ({ address, deprecated, permanent }))
  a.route.addAddress('a', '2001:db8::1/64')
  a.route.replaceAddress('a', '2001:db8::1/64', { preferred: 0 })
  assert.deepEqual(states(), [{ address: '2001:db8::1/64', deprecated: true, permanent: true }])
  a.route.replaceAddress('a', '2001:db8::1/64')
  assert.deepEqual(states(), [{ address: '2001:db8::1/64', deprecated: false, permanent: true }])
  a.route.replaceAddress('a', '2001:db8::1/64', { preferred: 600, valid: 3600 })
  assert.deepEqual(states(), [{ address: '2001:db8::1/64', deprecated: false, permanent: false }])
  assert.throws(() => a.route.replaceAddress('a', '2001:db8::1/64', { preferred: 2, valid: 1 }), /newaddr.*EINVAL/)
})

test('the address of lo has the scope of the host', () => {
  using place = new Place()
  place.route.addAddress('lo', '127.0.0.2/8')
  const [lo] = place.ip('addr', 'show', 'lo') as [{ addr_info: { scope: string }[] }]
  assert.equal(lo.addr_info[0]?.scope, 'host')
})

test('an address is deleted', () => {
  using place = new Place()
  place.route.addAddress('lo', '10.0.0.1/8')
  place.route.deleteAddress('lo', '10.0.0.1/8')
  assert.deepEqual(place.route.addresses(), [])
  assert.throws(() => place.route.deleteAddress('lo', '10.0.0.1/8'), /deladdr 10.0.0.1\/8 on lo: EADDRNOTAVAIL/)
})

test('routes are added, listed, replaced and deleted', () => {
  using a = new Place()
  using b = new Place()
  pair(a, b)
  a.route.addAddress('a', '192.168.1.1/24')
  a.route.addRoute({ to: 'default', via: '192.168.1.2' })
  a.route.addRoute({ to: '10.1.2.3/8', dev: 'a', metric: 50, source: '192.168.1.1' })
  a.route.replaceRoute({ to: 'default', via: '192.168.1.3' })
  const entry = {
    family: 4,
    via: undefined,
    dev: 'a',
    metric: undefined,
    source: undefined,
    table: 254,
    type: 'unicast',
    protocol: 4,
  }
  const ours = a.route.routes().filter(({ family, protocol }) => family === 4 && protocol === 4)
  assert.deepEqual(ours, [
    { ...entry, to: 'default', via: '192.168.1.3' },
    { ...entry, to: '10.0.0.0/8', metric: 50, source: '192.168.1.1' },
  ])
  assert.deepEqual(
    a.ip('route').map(({ dst, gateway, scope, metric }) => [dst, gateway, scope, metric]),
    [
      ['default', '192.168.1.3', 'global', undefined],
      ['10.0.0.0/8', undefined, 'link', 50],
      ['192.168.1.0/24', undefined, 'link', undefined],
    ],
  )
  a.route.deleteRoute({ to: 'default' })
  a.route.deleteRoute({ to: '10.0.0.0/8', dev: 'a', metric: 50 })
  assert.deepEqual(
    a.route.routes().filter(({ protocol }) => protocol === 4),
    [],
  )
})

test('IPv6 has routes, too, and a default in the family of its gateway', () => {
  using a = new Place()
  using b = new Place()
  pair(a, b)
  a.route.addAddress('a', '2001:db8::1/64')
  a.route.addRoute({ to: 'default', via: '2001:db8::2' })
  a.route.addRoute({ to: '2001:db8:1::/48', dev: 'a', metric: 7 })
  const ours = a.route.routes().filter(({ protocol }) => protocol === 4)
  assert.deepEqual(
    ours.map(({ family, to, via, dev, metric }) => [family, to, via, dev, metric]),
    [
      [6, '2001:db8:1::/48', undefined, 'a', 7],
      [6, 'default', '2001:db8::2', 'a', 1024],
    ],
  )
  a.route.deleteRoute({ to: 'default', via: '2001:db8::2' })
  assert.equal(
    a.route.routes().some(({ to }) => to === 'default'),
    false,
  )
})

test('routes of other kinds and tables are kept apart', () => {
  using place = new Place()
  place.route.setLink('lo', { up: true })
  place.route.addRoute({ to: '10.0.0.0/8', type: 'blackhole', table: 1000 })
  place.route.addRoute({ to: '10.0.0.0/8', type: 'unreachable' })
  const kinds = (table?: number): unknown =>
    place.route
      .routes(table)
      .filter(({ family }) => family === 4)
      .map(({ to, type, table }) => [to, type, table])
  assert.deepEqual(kinds(1000), [['10.0.0.0/8', 'blackhole', 1000]])
  assert.deepEqual(kinds(), [['10.0.0.0/8', 'unreachable', 254]])
  place.route.deleteRoute({ to: '10.0.0.0/8', table: 1000 })
  assert.deepEqual(kinds(1000), [])
})

test('a gateway that no address leads to is reached with onLink', () => {
  using a = new Place()
  using b = new Place()
  pair(a, b)
  a.route.addAddress('a', '192.168.1.1/24')
  assert.throws(() => a.route.addRoute({ to: 'default', via: '203.0.113.1', dev: 'a' }), { code: 'ENETUNREACH' })
  a.route.addRoute({ to: 'default', via: '203.0.113.1', dev: 'a', onLink: true })
  assert.equal(a.route.routes()[0]?.via, '203.0.113.1')
})

test('a neighbour is fixed', () => {
  using a = new Place()
  using b = new Place()
  pair(a, b)
  a.route.addAddress('a', '10.0.0.1/24')
  a.route.addNeighbour({ dev: 'a', address: '10.0.0.9', hardwareAddress: '02:00:00:00:00:09' })
  assert.deepEqual(a.route.neighbours(), [
    { address: '10.0.0.9', dev: 'a', hardwareAddress: '02:00:00:00:00:09', state: 0x80 },
  ])
})

for (const [what, attempt, message] of [
  [
    'a link that is not there',
    (r: Route) => r.link('nope'),
    "getlink nope: ENODEV: there is no link named 'nope' here",
  ],
  [
    'deleting one that is not there',
    (r: Route) => r.deleteLink('nope'),
    'dellink nope: ENODEV: there is no link nope here',
  ],
  [
    'a name that is taken',
    (r: Route) => r.addBridge({ name: 'lo' }),
    'newlink lo (bridge): EEXIST: a link of that name exists',
  ],
  ['deleting lo', (r: Route) => r.deleteLink('lo'), /^dellink lo: EOPNOTSUPP: only links made by software/],
  ['a port of what is no bridge', (r: Route) => r.setLink('lo', { master: 'lo' }), /^setlink lo: /],
  [
    'an address twice',
    (r: Route) => [r.addAddress('lo', '10.0.0.1/8'), r.addAddress('lo', '10.0.0.1/8')],
    /^newaddr 10.0.0.1\/8 on lo: EEXIST: .*the link has that address already/,
  ],
  [
    'a gateway out of reach',
    (r: Route) => r.addRoute({ to: 'default', via: '1.2.3.4' }),
    /^newroute default via 1.2.3.4: ENETUNREACH: .*gateway 1.2.3.4 is not on any link/,
  ],
  [
    'a route that is not there',
    (r: Route) => r.deleteRoute({ to: '10.0.0.0/8' }),
    /^delroute 10.0.0.0\/8: ESRCH: .*there is no such route$/,
  ],
] as const) {
  test(`the kernel refuses ${what}, and the error says so`, () => {
    using place = new Place()
    assert.throws(
      () => attempt(place.route),
      (error: Error) => {
        assert.ok(error instanceof NetlinkError)
        if (typeof message === 'string') assert.equal(error.message, message)
        else assert.match(error.message, message)
        return true
      },
    )
  })
}

test('an attribute that the kernel objects to is named', () => {
  using place = new Place()
  place.route.addBridge({ name: 'br0' })
  assert.throws(
    () => place.route.setLink('br0', { hardwareAddress: '02:00' }),
    (error: NetlinkError) => error.code === 'EINVAL',
  )
  assert.throws(() => place.route.setLink('br0', { mtu: 1 << 30 }), { detail: 'mtu greater than device maximum' })
})

test('gateway and destination of different families are refused before anything is sent', () => {
  using place = new Place()
  assert.throws(() => place.route.addRoute({ to: '10.0.0.0/8', via: '2001:db8::1' }), RangeError)
})

test('without privilege over the namespace the error says what is needed', () => {
  const script = `
    import { Route } from '${new URL('../src/index.ts', import.meta.url).href}'
    try { Route.open().setLink('lo', { mtu: 1500 }) } catch (error) { console.log(error.code, error.message) }`
  const node = [process.execPath, '--input-type=module', '--eval', script]
  // Capabilities of another user namespace than the one that owns this network namespace.
  const said = execFileSync('unshare', ['--user', '--map-root-user', ...node], { encoding: 'utf8' })
  assert.match(said, /^EPERM setlink lo: EPERM: needs CAP_NET_ADMIN over this network namespace/)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sandbox } from '@sallyport/lab'
import { needs } from '@sallyport/linux/testing'
import { buildHouse, cone, config, type House } from './support/house.ts'
import { ruleset } from './support/listing.ts'
import { settings } from './support/two-configs.ts'

await sandbox()

/** What Docker makes for a published port, and an `inet` table of a firewall. */
const others = `
table ip nat {
  chain DOCKER { iifname "docker0" counter return; iifname != "docker0" tcp dport 8080 counter dnat to 172.17.0.2:80; }
  chain PREROUTING {
    type nat hook prerouting priority dstnat; policy accept;
    fib daddr type local counter jump DOCKER
  }
  chain POSTROUTING {
    type nat hook postrouting priority srcnat; policy accept;
    oifname != "docker0" ip saddr 172.17.0.0/16 counter masquerade
  }
}
table ip filter {
  chain DOCKER { iifname != "docker0" oifname "docker0" ip daddr 172.17.0.2 tcp dport 80 counter accept; }
  chain DOCKER-USER { counter return; }
  chain FORWARD {
    type filter hook forward priority filter; policy accept;
    counter jump DOCKER-USER
    oifname "docker0" ct state related,established counter accept
    oifname "docker0" counter jump DOCKER
  }
}
table inet filter {
  set blocked { type ipv4_addr; flags interval; elements = { 198.51.100.128/25 }; }
  map sallyport { type inet_service : verdict; elements = { 23 : drop }; }
  chain input { type filter hook input priority filter; policy accept; ip saddr @blocked drop; tcp dport vmap @sallyport; }
}
table ip6 sallyport { chain not_ours { type filter hook input priority 10; policy accept; }; }
`

/** Everybody's tables but ours, with handles. */
const theirs = async (house: House): Promise<string> =>
  (await ruleset(house.router, '-a')).replace(/^table inet sallyport \{[\s\S]*?^}\n/m, '')

test("other people's tables are the same byte for byte before apply, after each apply, and after down", {
  ...needs({ nft: 'nftables', 'iptables-nft': 'iptables' }),
}, async () => {
  await using house = await buildHouse()
  const { router, sallyport } = house
  const loaded = await router.exec('nft', ['-f', '-'], { input: others })
  assert.equal(loaded.stderr, '')
  const rule = ['-A', 'FORWARD', '-s', '192.168.1.7', '-m', 'comment', '--comment', 'by iptables', '-j', 'DROP']
  const ruled = await router.exec('iptables-nft', rule)
  assert.equal(ruled.stderr, '')
  const before = await theirs(house)
  assert.match(before, /ip saddr 192.168.1.7/)
  for (const text of ['', cone(), 'forwards: [tcp/80 -> alice]\nnat: { hosts: [bob], limit: 4 }\n']) {
    sallyport.apply(config(text))
    assert.equal(await theirs(house), before)
    assert.notEqual(await ruleset(router, '-a'), before, 'and ours is there')
  }
  sallyport.down()
  assert.equal(await ruleset(router, '-a'), before)
})

test('down removes our table and puts every setting back, whatever was applied one after the other', async () => {
  await using house = await buildHouse()
  const { router, sallyport } = house
  router.sysctl('net.netfilter.nf_conntrack_udp_timeout', 33)
  router.sysctl('net.ipv6.conf.eth0.accept_ra', 1)
  const before = settings(house)
  const brief = config('nat: { takeover: 5s, limit: none }\n')
  const [lan] = brief.lan
  const ipv6 = { ...brief, lan: [{ ...lan!, addresses: [...lan!.addresses, sixth] }] }
  sallyport.apply(ipv6)
  assert.equal(
    settings(house),
    [
      'net.ipv4.ip_forward = 1',
      'net.ipv6.conf.all.forwarding = 1',
      'net.ipv6.conf.eth0.accept_ra = 2',
      'net.netfilter.nf_conntrack_udp_timeout = 5',
      'net.netfilter.nf_conntrack_udp_timeout_stream = 5',
    ].join('\n'),
  )
  sallyport.apply(config('nat: { takeover: 10s, limit: none }\n'))
  assert.deepEqual(
    [router.sysctl('net.ipv6.conf.all.forwarding'), router.sysctl('net.ipv6.conf.eth0.accept_ra')],
    ['0', '1'],
    'what only the first config needed is as it was',
  )
  sallyport.apply(ipv6)
  const { changes } = sallyport.down()
  assert.equal(settings(house), before)
  assert.deepEqual(changes.at(-1), { op: 'delete', kind: 'table', name: 'inet sallyport' })
  assert.equal(await ruleset(router), '')
  assert.deepEqual(sallyport.down(), { changes: [], messages: 0, warnings: [] })
})

const sixth = {
  family: 6,
  address: '2001:db8:1::1',
  network: '2001:db8:1::',
  prefix: 64,
  position: { file: 'house.yaml', line: 1, column: 1, path: '' },
} as const

test('a WAN interface that is gone does not keep down from its work', async () => {
  await using house = await buildHouse()
  const { router, sallyport } = house
  const wanted = config()
  const position = { file: 'house.yaml', line: 1, column: 1, path: 'wan' }
  sallyport.apply({ ...wanted, wan: [{ name: 'ppp0', position }], lan: [{ ...wanted.lan[0]!, addresses: [sixth] }] })
  using route = router.route()
  route.deleteLink('ppp0')
  sallyport.down()
  assert.equal(router.sysctl('net.ipv6.conf.all.forwarding'), '0')
})

test('what somebody put into our table by hand goes with the next apply, sets without a name as well', async () => {
  await using house = await buildHouse()
  const { router, sallyport } = house
  sallyport.apply(config())
  const wanted = await ruleset(router)
  const byHand = [
    'add rule inet sallyport filter_input tcp dport { 1, 2, 3 } accept',
    'insert rule inet sallyport filter_input ip saddr 192.0.2.1 counter accept',
    'add chain inet sallyport mine',
    'add rule inet sallyport mine counter',
    'add element inet sallyport wan_interfaces { "eth9" }',
    'add counter inet sallyport also_mine',
    'delete element inet sallyport lan_addresses { 127.0.0.0/8 }',
  ]
  assert.equal((await router.exec('nft', ['-f', '-'], { input: byHand.join('\n') })).status, 0)
  const names = sallyport.apply(config()).changes.map(({ op, kind, name }) => `${op} ${kind} ${name}`)
  assert.equal(await ruleset(router), wanted)
  assert.ok(names.includes('delete rule filter_input #1'), names.join('\n'))
  assert.ok(names.includes('delete chain mine'))
  assert.ok(names.includes('delete element wan_interfaces { "eth9" }'))
  assert.ok(names.includes('add element lan_addresses { 127.0.0.0-127.255.255.255 }'))
})

import assert from 'node:assert/strict'
import test from 'node:test'
import { type Attempt, type Knock, knock, reached, reachedEach, sandbox } from '@sallyport/lab'
import { buildHouse, type House, measure, wanAddress } from './support/house.ts'
import { withoutNft } from './support/oracle.ts'

await sandbox()

/** A house whose router has rules of nft, so that what is measured owes nothing to our own compiler. */
async function behind(rules: string): Promise<House> {
  const house = await buildHouse()
  const { status, stderr } = await house.router.exec('nft', ['-f', '-'], { input: rules })
  assert.equal(status, 0, stderr)
  return house
}

const masquerade =
  'table ip n {\n chain p { type nat hook postrouting priority srcnat; oifname "wan" masquerade\n }\n}\n'

test('without a NAT a host is seen as it is, and everybody gets in', async () => {
  await using house = await buildHouse()
  for (const node of [...house.servers, house.stranger]) {
    using route = node.route()
    route.addRoute({ to: '192.168.1.0/24', via: wanAddress })
  }
  assert.deepEqual(await measure(house, house.consoles.slice(0, 1)), [
    {
      host: 'console-1',
      local: '192.168.1.101:50000',
      external: '192.168.1.101:50000',
      mapping: 'endpoint-independent',
      filtering: 'endpoint-independent',
      grade: 'A',
      preservesPort: true,
      hairpin: 'external-source',
    },
  ])
})

test('without a route back nothing is measured: F', async () => {
  await using house = await buildHouse()
  const [console1] = await measure(house, house.consoles.slice(0, 1), { patience: { attempts: 2, interval: 50 } })
  assert.deepEqual([console1?.mapping, console1?.filtering, console1?.grade], ['blocked', 'blocked', 'F'])
  assert.equal(console1?.external, null)
})

test('a filter that knows addresses only is told from one that knows ports', { skip: withoutNft }, async () => {
  await using house = await behind(`${masquerade}
    table ip f {
      set known {
        type ipv4_addr
        flags dynamic
        size 100
      }
      chain out {
        type filter hook postrouting priority 200; oifname "wan" update @known { ip daddr }
      }
      chain in {
        type nat hook prerouting priority dstnat; iifname "wan" ip saddr @known udp dport 50000 dnat to 192.168.1.101
      }
      chain guard {
        type filter hook input priority 0; iifname "wan" ct state new drop
      }
    }`)
  const [console1] = await measure(house, house.consoles.slice(0, 1))
  assert.deepEqual(
    [console1?.mapping, console1?.filtering, console1?.grade],
    ['endpoint-independent', 'address-dependent', 'B'],
  )
})

test('a mapping by destination address is a C', { skip: withoutNft }, async () => {
  await using house = await behind(`table ip n {
    chain p {
      type nat hook postrouting priority srcnat
      oifname "wan" ip daddr 203.0.113.10 udp sport 50000 masquerade to :61000
      oifname "wan" udp sport 50000 masquerade to :62000
    }
  }`)
  const [console1] = await measure(house, house.consoles.slice(0, 1))
  assert.deepEqual([console1?.mapping, console1?.grade, console1?.external], ['address-dependent', 'C', null])
})

test('a forward is reached at the port where it arrives, and says whom it saw', { skip: withoutNft }, async () => {
  await using house = await behind(`${masquerade}
    table ip d {
      chain p {
        type nat hook prerouting priority dstnat
        iifname "wan" tcp dport 1000 dnat to 192.168.1.100:2345
        iifname "wan" udp dport 30000-30099 dnat to 192.168.1.100
      }
    }`)
  await using _tcp = await house.workstation.doorman({ port: 2345 })
  await using _udp = await house.workstation.reflector({ port: 30042 })
  const to = { address: wanAddress, port: 1000 }
  const tcp = await reached({ from: house.stranger, to, protocol: 'tcp' })
  assert.deepEqual(tcp, {
    host: 'workstation',
    port: 2345,
    source: { address: '203.0.113.66', port: tcp?.source.port },
  })
  const ports = await reachedEach({ from: house.stranger, to, protocol: 'udp' }, [30041, 30042, 30100])
  assert.deepEqual(
    ports.map((report) => report?.port),
    [undefined, 30042, undefined],
  )
  assert.equal(await reached({ from: house.stranger, to: { ...to, port: 1001 }, protocol: 'tcp' }), undefined)
})

test('a knock tells silence from a refusal, from another error, and from an answer', { skip: withoutNft }, async () => {
  await using house = await behind(`table inet f {
    chain in {
      type filter hook input priority 0
      th dport 23 drop
      th dport 24 reject with icmp type admin-prohibited
    }
  }`)
  await using _door = await house.router.doorman({ port: 80 })
  await using _echo = await house.router.reflector({ port: 80 })
  const answers: Record<number, Knock> = { 23: 'silent', 24: 'unreachable', 25: 'refused' }
  for (const protocol of ['tcp', 'udp'] as const) {
    const at = (port: number): Attempt => ({ from: house.stranger, to: { address: wanAddress, port }, protocol })
    for (const [port, answer] of Object.entries(answers)) {
      assert.equal(await knock(at(Number(port)), 100), answer, `${protocol}/${port}`)
    }
  }
  const open: Attempt = { from: house.stranger, to: { address: wanAddress, port: 80 }, protocol: 'tcp' }
  assert.equal(await knock(open), 'answered')
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Crossings, type CrossingsOptions } from '../../src/capture/crossings.ts'
import type { CableEnd, SeenFrame } from '../../src/capture/frame.ts'
import {
  encodeEthernet,
  encodeIcmp,
  encodeIp,
  encodeTcp,
  encodeUdp,
  type IpOptions,
  type TcpFlag,
} from '../../src/packet/index.ts'

/** A router `home` with two cables, and a host. */
const ends: readonly CableEnd[] = [
  { node: 'home', interface: 'wan', network: 'internet', forwards: true, lossy: false },
  { node: 'home', interface: 'lan', network: 'home', forwards: true, lossy: false },
  { node: 'alice', interface: 'eth0', network: 'home', forwards: false, lossy: false },
  { node: 'home', interface: 'dsl', network: 'provider', forwards: true, lossy: true },
]
const [WAN, LAN, ALICE, SLOW] = [0, 1, 2, 3]
const router = '02:00:00:00:00:01'
const other = '02:00:00:00:00:02'
const ms = 1_000_000n

class Bench {
  readonly crossings: Crossings
  now = 0n

  constructor(options: CrossingsOptions = {}) {
    this.crossings = new Crossings(options)
  }

  came(cable: number, packet: Uint8Array, destination = router): void {
    this.#see('inbound', cable, encodeEthernet({ source: other, destination, type: 0x0800, payload: packet }))
  }

  left(cable: number, packet: Uint8Array): void {
    this.#see('outbound', cable, encodeEthernet({ source: router, destination: other, type: 0x0800, payload: packet }))
  }

  #see(direction: SeenFrame['direction'], cable: number, data: Uint8Array): void {
    this.now += ms
    this.crossings.add({ cable, end: ends[cable]!, direction, time: this.now, data, length: data.length, comments: [] })
  }

  /** What is known after so many milliseconds: comments, frame by frame. */
  after(time: number): string[][] {
    return this.crossings.take(this.now + BigInt(time) * ms).map(({ comments }) => [...comments])
  }
}

type Point = readonly [address: string, port: number]
const inside: Point = ['192.168.1.2', 40000]
const outside: Point = ['203.0.113.2', 40000]
const server: Point = ['198.51.100.9', 3478]

function udp(from: Point, to: Point, text: string, ip: Partial<IpOptions> = {}): Uint8Array {
  const [a, b] = [
    { address: from[0], port: from[1] },
    { address: to[0], port: to[1] },
  ]
  const header = { source: from[0], destination: to[0], protocol: 17, ...ip }
  return encodeIp(header, encodeUdp(a, b, Buffer.from(text)))
}

function tcp(from: Point, to: Point, sequence: number, size: number, flags: TcpFlag[], ttl = 64): Uint8Array {
  const [a, b] = [
    { address: from[0], port: from[1] },
    { address: to[0], port: to[1] },
  ]
  const header = { source: from[0], destination: to[0], protocol: 6, ttl, id: sequence & 0xffff }
  return encodeIp(header, encodeTcp(a, b, { sequence, flags }, new Uint8Array(size)))
}

test('source NAT is said on the frame that leaves, destination NAT too', () => {
  const bench = new Bench()
  bench.came(LAN!, udp(inside, server, 'hello'))
  bench.left(WAN!, udp(outside, server, 'hello', { ttl: 63 }))
  bench.came(WAN!, udp(server, outside, 'answer'))
  bench.left(LAN!, udp(server, inside, 'answer', { ttl: 63 }))
  assert.deepEqual(bench.after(0), [
    [],
    ['home: 192.168.1.2:40000 → 203.0.113.2:40000 (source NAT)'],
    [],
    ['home: 203.0.113.2:40000 → 192.168.1.2:40000 (destination NAT)'],
  ])
})

test('a hairpin is both at once, over one cable', () => {
  const bench = new Bench()
  bench.came(LAN!, udp(['192.168.1.3', 5000], outside, 'over the router'))
  bench.left(LAN!, udp(['203.0.113.2', 5000], inside, 'over the router', { ttl: 63 }))
  assert.deepEqual(bench.after(0), [
    [],
    [
      'home: 192.168.1.3:5000 → 203.0.113.2:5000 (source NAT)',
      'home: 203.0.113.2:40000 → 192.168.1.2:40000 (destination NAT)',
    ],
  ])
})

test('a packet that does not leave in time is not forwarded, and no frame overtakes it', () => {
  const bench = new Bench({ patience: 50 })
  bench.came(WAN!, udp(server, outside, 'unsolicited'))
  bench.came(ALICE!, udp(server, inside, 'something else'))
  assert.deepEqual(bench.after(48), [])
  assert.equal(bench.crossings.deadline, 51n * ms)
  assert.deepEqual(bench.after(49), [['home: not forwarded'], []])
  assert.equal(bench.crossings.deadline, undefined)
})

test('a packet has the longer the slower the links of the router are', () => {
  const bench = new Bench({ patience: 50, detour: (node) => (node === 'home' ? 200 : 0) })
  bench.came(LAN!, udp(inside, server, 'behind a question for the next hop'))
  bench.now += 240n * ms
  bench.left(WAN!, udp(outside, server, 'behind a question for the next hop', { ttl: 63 }))
  assert.deepEqual(bench.after(0), [[], ['home: 192.168.1.2:40000 → 203.0.113.2:40000 (source NAT)']])
  bench.came(LAN!, udp(inside, server, 'never'))
  assert.deepEqual(bench.after(249), [])
  assert.deepEqual(bench.after(250), [['home: not forwarded']])
})

test('who knows the reason is asked for it', () => {
  const bench = new Bench({ explain: (node, { source }) => `dropped by a rule of ${node}, from ${source}` })
  bench.came(WAN!, udp(server, outside, 'unsolicited'))
  assert.deepEqual(bench.after(60), [['home: not forwarded: dropped by a rule of home, from 198.51.100.9']])
})

test('a packet that the router answers itself is no loss; one that it refuses is', () => {
  const bench = new Bench()
  bench.came(LAN!, udp(inside, ['192.168.1.1', 53], 'name?', { id: 1 }))
  bench.left(LAN!, udp(['192.168.1.1', 53], inside, 'address'))
  const refused = udp(server, outside, 'closed', { id: 2 })
  bench.came(WAN!, refused)
  const error = encodeIcmp(3, 3, 0, refused.subarray(0, 28))
  bench.left(WAN!, encodeIp({ source: outside[0], destination: server[0], protocol: 1 }, error))
  bench.came(WAN!, tcp(server, outside, 7, 0, ['syn']))
  bench.left(WAN!, tcp(outside, server, 0, 0, ['rst', 'ack']))
  assert.deepEqual(bench.after(0), [
    [],
    [],
    ['home: not forwarded: answered with ICMP port unreachable'],
    [],
    ['home: not forwarded: answered with RST'],
    [],
  ])
})

test('two packets with the same content are told apart by their addresses', () => {
  const bench = new Bench()
  const others: Point = ['192.168.1.3', 40000]
  const elsewhere: Point = ['198.51.100.10', 3478]
  bench.came(LAN!, udp(inside, server, 'ping'))
  bench.came(LAN!, udp(others, elsewhere, 'ping'))
  bench.left(WAN!, udp(['203.0.113.2', 1024], elsewhere, 'ping', { ttl: 63 }))
  bench.left(WAN!, udp(outside, server, 'ping', { ttl: 63 }))
  assert.deepEqual(bench.after(0).slice(2), [
    ['home: 192.168.1.3:40000 → 203.0.113.2:1024 (source NAT)'],
    ['home: 192.168.1.2:40000 → 203.0.113.2:40000 (source NAT)'],
  ])
})

test('an echo whose identifier was translated, and an error about a translated packet, are recognised', () => {
  const bench = new Bench()
  const ping = (source: string, id: number, ttl: number): Uint8Array =>
    encodeIp(
      { source, destination: server[0], protocol: 1, ttl },
      encodeIcmp(8, 0, id * 65536 + 1, Buffer.from('ping')),
    )
  bench.came(LAN!, ping(inside[0], 7, 64))
  bench.left(WAN!, ping(outside[0], 9, 63))
  const about = (to: string, ttl: number, of: Point): Uint8Array => {
    const error = encodeIcmp(11, 0, 0, udp(of, server, 'x', { id: 5 }).subarray(0, 28))
    return encodeIp({ source: '198.51.100.1', destination: to, protocol: 1, ttl }, error)
  }
  bench.came(WAN!, about(outside[0], 64, outside))
  bench.left(LAN!, about(inside[0], 63, inside))
  assert.deepEqual(bench.after(0), [
    [],
    ['home: 192.168.1.2 (id 7) → 203.0.113.2 (id 9) (source NAT)'],
    [],
    ['home: 203.0.113.2 → 192.168.1.2 (destination NAT)'],
  ])
})

test('segments that were cut, or joined, on the way are forwarded', () => {
  const bench = new Bench()
  bench.came(LAN!, tcp(inside, server, 1000, 2000, ['ack']))
  bench.left(WAN!, tcp(outside, server, 1000, 1000, ['ack'], 63))
  bench.left(WAN!, tcp(outside, server, 2000, 1000, ['ack'], 63))
  bench.came(LAN!, tcp(inside, server, 3000, 500, ['ack']))
  bench.came(LAN!, tcp(inside, server, 3500, 500, ['ack']))
  bench.left(WAN!, tcp(outside, server, 3000, 1000, ['ack'], 63))
  const comments = bench.after(100)
  assert.deepEqual(
    comments.map((each) => each.some((comment) => comment.includes('not forwarded'))),
    comments.map(() => false),
  )
})

test('frames to other stations and to groups do not count as lost', () => {
  const bench = new Bench()
  bench.left(WAN!, udp(outside, server, 'so that the address is known'))
  bench.came(WAN!, udp(server, outside, 'flooded'), '02:00:00:00:00:99')
  bench.came(LAN!, udp(inside, ['192.168.1.255', 67], 'to all'), 'ff:ff:ff:ff:ff:ff')
  assert.deepEqual(bench.after(100), [[], [], []])
})

test('an ICMP error is about the packet that it quotes, not about another of the same flow', () => {
  const bench = new Bench()
  const [first, second] = [1, 2].map((id) => udp(server, outside, 'closed', { id }))
  bench.came(WAN!, first!)
  bench.came(WAN!, second!)
  const error = encodeIcmp(3, 3, 0, second!.subarray(0, 28))
  bench.left(WAN!, encodeIp({ source: outside[0], destination: server[0], protocol: 1 }, error))
  assert.deepEqual(bench.after(100), [
    ['home: not forwarded'],
    ['home: not forwarded: answered with ICMP port unreachable'],
    [],
  ])
})

test('a frame on a lossy link waits for the word of the link; one that was lost is not missed at the router', () => {
  const bench = new Bench({ patience: 50 })
  bench.came(SLOW!, udp(server, outside, 'lost'))
  bench.came(SLOW!, udp(server, outside, 'filtered'))
  assert.deepEqual(bench.after(1000), [])
  assert.equal(bench.crossings.unconfirmed, true)
  const data = encodeEthernet({
    source: other,
    destination: router,
    type: 0x0800,
    payload: udp(server, outside, 'lost'),
  })
  bench.crossings.comment({ cable: SLOW!, data, comment: 'lost on the link', isGone: true })
  bench.crossings.confirm(bench.now)
  assert.equal(bench.crossings.unconfirmed, false)
  assert.deepEqual(bench.after(1000), [['lost on the link'], ['home: not forwarded']])
})

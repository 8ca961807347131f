import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatIp } from '@sallyport/linux'
import { hex } from '@sallyport/linux/testing'
import fc from 'fast-check'
import {
  decodeFrame,
  decodePacket,
  ETHERTYPE_IPV4,
  echo,
  encodeEthernet,
  encodeIcmp,
  encodeIcmp6,
  encodeIp,
  encodeTcp,
  encodeUdp,
  icmpType,
  internetChecksum,
  transportChecksum,
} from '../../src/packet/index.ts'

const a = { address: '192.0.2.1', port: 40_000 }
const b = { address: '198.51.100.2', port: 53 }
const a6 = { address: '2001:db8::1', port: 40_000 }
const b6 = { address: '2001:db8::2', port: 53 }
const text = new TextEncoder().encode('hello')

const datagram = hex`
  45 00 00 21 12 34 40 00  40 11 00 00 c0 00 02 01  | version, length 33, id, DF; TTL 64, UDP; from
  c6 33 64 02                                       | to
  9c 40 00 35 00 0d 00 00                           | ports, length 13
  68 65 6c 6c 6f                                    | hello
`

test('a datagram is written as RFC 791 and RFC 768 say', () => {
  const packet = encodeIp(
    { source: a.address, destination: b.address, protocol: 17, id: 0x1234, dontFragment: true },
    encodeUdp(a, b, text),
  )
  assert.equal(internetChecksum(packet.subarray(0, 20)), 0)
  assert.equal(transportChecksum(a.address, b.address, 17, packet.subarray(20)), 0)
  const without = Uint8Array.from(packet)
  for (const at of [10, 11, 26, 27]) without[at] = 0 // the two checksums, proven above
  assert.deepEqual(without, Uint8Array.from(datagram))
})

test('what was written is read back, with the padding of Ethernet cut off', () => {
  const packet = encodeIp({ source: a.address, destination: b.address, protocol: 17 }, encodeUdp(a, b, text))
  const padded = new Uint8Array(60)
  padded.set(packet)
  const frame = { source: '02:00:00:00:00:01', destination: 'ff:ff:ff:ff:ff:ff', type: ETHERTYPE_IPV4, payload: padded }
  const { transport, payload: _, ...header } = decodeFrame(encodeEthernet(frame))!
  assert.deepEqual(header, {
    family: 4,
    source: a.address,
    destination: b.address,
    protocol: 17,
    ttl: 64,
    id: 0,
    dontFragment: false,
  })
  assert.deepEqual(transport, { kind: 'udp', sourcePort: 40_000, destinationPort: 53, payload: text })
})

test('a segment over IPv6 is read back with its flags', () => {
  const segment = encodeTcp(a6, b6, { sequence: 7, acknowledgement: 8, flags: ['syn', 'ack'], window: 9 }, text)
  const packet = encodeIp({ source: a6.address, destination: b6.address, protocol: 6, ttl: 3 }, segment)
  assert.equal(transportChecksum(a6.address, b6.address, 6, segment), 0)
  const read = decodePacket(packet)!
  assert.equal(read.ttl, 3)
  assert.deepEqual(read.transport, {
    kind: 'tcp',
    sourcePort: 40_000,
    destinationPort: 53,
    sequence: 7,
    acknowledgement: 8,
    flags: ['syn', 'ack'],
    window: 9,
    payload: text,
  })
})

test('an ICMP error names the packet that it is about, of which eight bytes are enough', () => {
  const cause = encodeIp(
    { source: a.address, destination: b.address, protocol: 6 },
    encodeTcp(a, b, { flags: ['syn'] }),
  )
  const error = encodeIcmp(icmpType.unreachable, 1, 0, cause.subarray(0, 28))
  const { about } = decodePacket(encodeIp({ source: b.address, destination: a.address, protocol: 1 }, error))!
  assert.equal(about?.source, a.address)
  assert.equal(about?.transport?.kind === 'tcp' && about.transport.destinationPort, 53)
})

test('an ICMPv6 echo has a checksum over its addresses', () => {
  const addresses = { source: a6.address, destination: b6.address }
  const message = encodeIcmp6(addresses, 128, 0, echo(5, 6), text)
  assert.equal(transportChecksum(a6.address, b6.address, 58, message), 0)
  const read = decodePacket(encodeIp({ ...addresses, protocol: 58 }, message))!
  assert.equal(read.transport?.kind === 'icmp' && read.transport.rest, 5 * 65_536 + 6)
})

for (const [family, from, to] of [
  ['IPv4', a.address, b.address],
  ['IPv6', a6.address, b6.address],
] as const) {
  test(`a later fragment over ${family} has a place and no ports`, () => {
    const fragment = { offset: 1232, more: true }
    const packet = encodeIp({ source: from, destination: to, protocol: 17, id: 99, fragment }, new Uint8Array(16))
    const read = decodePacket(packet)!
    assert.deepEqual([read.id, read.fragment, read.transport, read.payload.length], [99, fragment, undefined, 16])
  })
}

test('any datagram is read back, and has a right checksum', () => {
  const addresses = fc.integer({ min: 0, max: 1 }).chain((kind) => {
    const address = fc
      .uint8Array(kind ? { minLength: 16, maxLength: 16 } : { minLength: 4, maxLength: 4 })
      .map(formatIp)
    return fc.tuple(address, address)
  })
  const port = fc.integer({ min: 0, max: 65_535 })
  fc.assert(
    fc.property(addresses, port, port, fc.uint8Array(), ([source, destination], from, to, payload) => {
      const udp = encodeUdp({ address: source, port: from }, { address: destination, port: to }, payload)
      assert.equal(transportChecksum(source, destination, 17, udp), 0)
      const read = decodePacket(encodeIp({ source, destination, protocol: 17 }, udp))!
      assert.deepEqual([read.source, read.destination], [source, destination])
      assert.deepEqual(read.transport, { kind: 'udp', sourcePort: from, destinationPort: to, payload })
    }),
  )
})

test('bytes that are cut off or random never throw', () => {
  const packet = encodeIp(
    { source: a6.address, destination: b6.address, protocol: 6 },
    encodeTcp(a6, b6, { flags: [] }),
  )
  for (let length = 0; length < packet.length; length += 1) decodePacket(packet.subarray(0, length))
  const starts = fc.constantFrom(0x45, 0x60, 0x4f)
  fc.assert(
    fc.property(starts, fc.uint8Array({ maxLength: 120 }), (start, bytes) => {
      decodePacket(Uint8Array.of(start, ...bytes))
      decodeFrame(bytes)
    }),
  )
})

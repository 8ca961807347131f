import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { Malformed } from '@sallyport/linux'
import { hex, needs, programPath } from '@sallyport/linux/testing'
import {
  enhancedPacket,
  interfaceDescription,
  interfaceStatistics,
  nameResolution,
  sectionHeader,
} from '../../src/capture/pcapng.ts'
import { readPcapng } from '../../src/capture/read.ts'

const section = { application: 'sallyport', comment: 'a lab' }
const alice = { name: 'alice eth0', description: 'network home', addresses: ['192.168.1.2/24', '2001:db8::2/64'] }
const bob = { name: 'bob eth0', hardwareAddress: '02:00:00:00:00:0b', snap: 262144 }
const frame = Uint8Array.from({ length: 61 }, (_, at) => at)
const packet = { interface: 1, time: 1_790_000_000_123_456_789n, data: frame, direction: 'outbound' } as const

function file(...blocks: Uint8Array[]): Uint8Array {
  return Buffer.concat([sectionHeader(section), interfaceDescription(alice), interfaceDescription(bob), ...blocks])
}

test('an enhanced packet block has the layout of the draft', () => {
  const want = hex`
    06 00 00 00  48 00 00 00  | block type, total length
    01 00 00 00               | interface
    05 5f d7 18  15 cd 01 3b  | time, upper half first
    05 00 00 00  3c 00 00 00  | captured, original length
    01 02 03 04  05 00 00 00  | data, padded
    01 00 02 00  68 69 00 00  | opt_comment
    02 00 04 00  02 00 00 00  | epb_flags   outbound
    04 00 08 00  03 00 00 00  00 00 00 00 | epb_dropcount
    00 00 00 00               | opt_endofopt
    48 00 00 00               | total length
  `
  const time = (0x18d75f05n << 32n) | 0x3b01cd15n
  const data = Uint8Array.of(1, 2, 3, 4, 5)
  const got = enhancedPacket({
    interface: 1,
    time,
    data,
    length: 60,
    direction: 'outbound',
    comments: ['hi'],
    drops: 3,
  })
  assert.deepEqual(Buffer.from(got), Buffer.from(want))
})

test('what is written is read back: interfaces, packets with comments, names, counters', () => {
  const comments = ['home: 192.168.1.2:1 → 203.0.113.2:1 (source NAT)', 'dropped']
  const statistics = { interface: 0, time: 5n, start: 1n, received: 7n, dropped: 2n }
  const names = [
    { address: '192.168.1.2', names: ['alice', 'alice.home'] },
    { address: '2001:db8::2', names: ['alice'] },
  ]
  const got = readPcapng(
    file(
      nameResolution(names),
      enhancedPacket({ ...packet, comments, drops: 4 }),
      enhancedPacket({ interface: 0, time: 2n, data: frame.subarray(0, 20), length: 1514 }),
      interfaceStatistics(statistics),
    ),
  )
  assert.deepEqual(got, {
    section,
    interfaces: [{ ...alice, snap: 0 }, bob],
    packets: [
      { ...packet, length: 61, comments, drops: 4 },
      {
        interface: 0,
        time: 2n,
        data: frame.subarray(0, 20),
        length: 1514,
        direction: undefined,
        comments: [],
        drops: 0,
      },
    ],
    names,
    statistics: [statistics],
  })
})

test('a comment too long for an option is cut at a whole character', () => {
  const [got] = readPcapng(file(enhancedPacket({ ...packet, comments: ['→'.repeat(30_000)] }))).packets
  assert.equal(got?.comments[0], `${'→'.repeat(21_844)}…`)
})

test('a file that is cut off at any place is refused or ends at a block, and never misread', () => {
  const whole = file(enhancedPacket(packet))
  const [first, second, third] = [sectionHeader(section), interfaceDescription(alice), interfaceDescription(bob)]
  const ends = [first.length, first.length + second.length, first.length + second.length + third.length]
  for (let length = 0; length < whole.length; length += 1) {
    if (ends.includes(length)) readPcapng(whole.subarray(0, length))
    else assert.throws(() => readPcapng(whole.subarray(0, length)), Malformed, `cut at ${length}`)
  }
})

test('tcpdump reads it, with the times to the nanosecond', needs({ tcpdump: 'tcpdump' }), () => {
  const ping = hex`
    02 00 00 00 00 0b  02 00 00 00 00 0a  08 06  | Ethernet, ARP
    00 01  08 00  06 04  00 01                   | who has
    02 00 00 00 00 0a  0a 00 00 01               | sender
    00 00 00 00 00 00  0a 00 00 02               | target
  `
  const bytes = Buffer.concat([
    sectionHeader(section),
    nameResolution([{ address: '10.0.0.1', names: ['alice'] }]),
    interfaceDescription({ ...alice, snap: 262144 }),
    interfaceDescription(bob),
    enhancedPacket({ ...packet, data: ping, comments: ['a comment'] }),
    interfaceStatistics({ interface: 0, time: 5n }),
  ])
  const options = ['-n', '-tt', '--nano', '-r', '-']
  const { stdout, stderr, status } = spawnSync(programPath('tcpdump')!, options, { input: bytes, encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  assert.match(stdout, /^1790000000\.123456789 .*ARP, Request who-has 10\.0\.0\.2 tell 10\.0\.0\.1/m)
})

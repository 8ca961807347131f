import { parseIp, parsePrefix, Writer } from '@sallyport/linux'
import { OPT_COMMENT, type Option, textOption, writeOptions } from './options.ts'

/**
 * Writing pcapng (draft-ietf-opsawg-pcapng): every function makes one block. A file is a section header, the
 * descriptions of interfaces (each before its first packet), packets, and at the end what was counted.
 * Integers are little-endian on every machine; the section header says so.
 */

/** Block types. */
export const SHB = 0x0a0d0d0a // Section Header Block
export const IDB = 1 // Interface Description Block
export const NRB = 4 // Name Resolution Block
export const ISB = 5 // Interface Statistics Block
export const EPB = 6 // Enhanced Packet Block

export const BYTE_ORDER_MAGIC = 0x1a2b3c4d
const UNKNOWN_LENGTH = 0xffffffffffffffffn // -1: sections are not skipped
const LINKTYPE_ETHERNET = 1
const NANOSECONDS = 9 // if_tsresol: a negative power of ten

/** Codes of options: shb_*, if_*, epb_*, isb_*. */
export const options = {
  shb: { os: 3, userappl: 4 },
  if: { name: 2, description: 3, ipv4: 4, ipv6: 5, hardwareAddress: 6, tsresol: 9 },
  epb: { flags: 2, dropcount: 4 },
  isb: { starttime: 2, endtime: 3, ifrecv: 4, ifdrop: 5 },
} as const

/** nrb_record_* */
export const records = { end: 0, ipv4: 1, ipv6: 2 } as const

/** epb_flags, bits 0 and 1. */
export const directions = { inbound: 1, outbound: 2 } as const

/** Where a file comes from. */
export interface Section {
  /** The program that wrote it. */
  readonly application?: string | undefined
  readonly os?: string | undefined
  readonly comment?: string | undefined
}

/** An interface: in a lab, one end of a cable. Times of its packets are nanoseconds. */
export interface CaptureInterface {
  readonly name: string
  readonly description?: string | undefined
  /** With prefix length: '192.168.1.1/24'. */
  readonly addresses?: readonly string[] | undefined
  readonly hardwareAddress?: string | undefined
  /** Most bytes of a packet that are kept; 0: all. The same for all interfaces, or libpcap does not read the file. */
  readonly snap?: number | undefined
}

/** A packet as it is written. */
export interface CapturePacket {
  /** Index of its interface: they are numbered as they are described. */
  readonly interface: number
  /** Nanoseconds since 1970. */
  readonly time: bigint
  /** What was kept of it. */
  readonly data: Uint8Array
  /** Bytes that it had; default: those that were kept. */
  readonly length?: number | undefined
  /** From the interface's own point of view. */
  readonly direction?: keyof typeof directions | undefined
  readonly comments?: readonly string[] | undefined
  /** Packets of this interface that were missed since the one before. */
  readonly drops?: number | undefined
}

/** What was counted on an interface until `time`. */
export interface CaptureStatistics {
  readonly interface: number
  readonly time: bigint
  readonly start?: bigint | undefined
  readonly received?: bigint | undefined
  readonly dropped?: bigint | undefined
}

/** An address and the names that it has. */
export interface NamedAddress {
  readonly address: string
  readonly names: readonly string[]
}

export function sectionHeader({ application, os, comment }: Section = {}): Uint8Array {
  return block(SHB, (out) => {
    out.u32(BYTE_ORDER_MAGIC)
    out.u16(1) // major version
    out.u16(0) // minor version
    out.u64(UNKNOWN_LENGTH)
    const { os: osCode, userappl } = options.shb
    writeOptions(out, [...texts(OPT_COMMENT, comment), ...texts(osCode, os), ...texts(userappl, application)])
  })
}

export function interfaceDescription(of: CaptureInterface): Uint8Array {
  const { name, description, addresses = [], hardwareAddress, snap = 0 } = of
  return block(IDB, (out) => {
    out.u16(LINKTYPE_ETHERNET)
    out.u16(0) // reserved
    out.u32(snap)
    writeOptions(out, [
      textOption(options.if.name, name),
      ...texts(options.if.description, description),
      ...addresses.map(addressOption),
      ...(hardwareAddress === undefined ? [] : [[options.if.hardwareAddress, hardware(hardwareAddress)] as const]),
      [options.if.tsresol, Uint8Array.of(NANOSECONDS)],
    ])
  })
}

export function enhancedPacket(packet: CapturePacket): Uint8Array {
  const { time, data, length = data.length, direction, comments = [], drops = 0 } = packet
  return block(
    EPB,
    (out) => {
      out.u32(packet.interface)
      writeTime(out, time)
      out.u32(data.length)
      out.u32(length)
      out.bytes(data)
      out.align(4)
      writeOptions(out, [
        ...comments.map((comment) => textOption(OPT_COMMENT, comment)),
        ...(direction === undefined ? [] : [[options.epb.flags, number32(directions[direction])] as const]),
        ...(drops === 0 ? [] : [[options.epb.dropcount, number64(BigInt(drops))] as const]),
      ])
    },
    data.length + 128,
  )
}

export function interfaceStatistics(of: CaptureStatistics): Uint8Array {
  const { starttime, endtime, ifrecv, ifdrop } = options.isb
  return block(ISB, (out) => {
    out.u32(of.interface)
    writeTime(out, of.time)
    writeOptions(out, [
      ...(of.start === undefined ? [] : [[starttime, timeBytes(of.start)] as const]),
      [endtime, timeBytes(of.time)],
      ...(of.received === undefined ? [] : [[ifrecv, number64(of.received)] as const]),
      ...(of.dropped === undefined ? [] : [[ifdrop, number64(of.dropped)] as const]),
    ])
  })
}

export function nameResolution(addresses: readonly NamedAddress[]): Uint8Array {
  return block(NRB, (out) => {
    for (const { address, names } of addresses) {
      const { family, bytes } = parseIp(address)
      const text = new TextEncoder().encode(names.map((name) => `${name}\0`).join(''))
      out.u16(family === 4 ? records.ipv4 : records.ipv6)
      out.u16(bytes.length + text.length)
      out.bytes(bytes)
      out.bytes(text)
      out.align(4)
    }
    out.u16(records.end)
    out.u16(0)
  })
}

/** A block has its length in front and behind, so that files can be read backwards. */
function block(type: number, body: (out: Writer) => void, capacity = 256): Uint8Array {
  const out = new Writer(capacity, { endianness: 'little' })
  out.u32(type)
  out.u32(0)
  body(out)
  out.align(4)
  const length = out.length + 4
  out.patchU32(4, length)
  out.u32(length)
  return out.finish()
}

/** The upper half comes first, in either byte order. */
function writeTime(out: Writer, time: bigint): void {
  out.u32(Number(time >> 32n))
  out.u32(Number(time & 0xffffffffn))
}

function timeBytes(time: bigint): Uint8Array {
  return little((out) => writeTime(out, time))
}

function number32(value: number): Uint8Array {
  return little((out) => out.u32(value))
}

function number64(value: bigint): Uint8Array {
  return little((out) => out.u64(value))
}

function little(write: (out: Writer) => void): Uint8Array {
  const out = new Writer(8, { endianness: 'little' })
  write(out)
  return out.finish()
}

function texts(code: number, text: string | undefined): Option[] {
  return text === undefined ? [] : [textOption(code, text)]
}

/** IPv4: address and netmask; IPv6: address and one byte of prefix length. */
function addressOption(text: string): Option {
  const { family, bytes, length } = parsePrefix(text)
  if (family === 6) return [options.if.ipv6, Uint8Array.of(...bytes, length)]
  const mask = length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0
  return [options.if.ipv4, Uint8Array.of(...bytes, mask >>> 24, mask >>> 16, mask >>> 8, mask)]
}

function hardware(text: string): Uint8Array {
  return Uint8Array.from(text.split(':'), (byte) => Number.parseInt(byte, 16))
}

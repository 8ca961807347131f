import { formatIp, Malformed } from '@sallyport/linux'
import { OPT_COMMENT, type Option, padded, readOptions, textOf, textsOf, valuesOf } from './options.ts'
import {
  BYTE_ORDER_MAGIC,
  type CaptureInterface,
  type CapturePacket,
  type CaptureStatistics,
  directions,
  EPB,
  IDB,
  ISB,
  type NamedAddress,
  NRB,
  options,
  records,
  type Section,
  SHB,
} from './pcapng.ts'

/** A packet of a file, with nothing left open. */
export interface ReadPacket extends CapturePacket {
  readonly length: number
  readonly direction: 'inbound' | 'outbound' | undefined
  readonly comments: readonly string[]
  readonly drops: number
}

/** What a pcapng file of one section says. */
export interface CaptureFile {
  readonly section: Section
  readonly interfaces: readonly CaptureInterface[]
  /** Times are nanoseconds, whatever the file's interfaces count in. */
  readonly packets: readonly ReadPacket[]
  readonly names: readonly NamedAddress[]
  readonly statistics: readonly CaptureStatistics[]
}

interface Contents {
  section: Section
  readonly interfaces: CaptureInterface[]
  /** Nanoseconds of one unit of time, per interface. */
  readonly units: number[]
  readonly packets: ReadPacket[]
  readonly names: NamedAddress[]
  readonly statistics: CaptureStatistics[]
}

/** Reads a file of one section, of either byte order; blocks of other types are skipped. Throws {@link Malformed}. */
export function readPcapng(bytes: Uint8Array): CaptureFile {
  const file = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const little = byteOrder(file)
  const into: Contents = { section: {}, interfaces: [], units: [], packets: [], names: [], statistics: [] }
  for (let at = 0; at < file.byteLength; ) {
    const body = bodyAt(file, at, little)
    readers[file.getUint32(at, little)]?.(into, body, little)
    at += body.byteLength + 12
  }
  const { units: _, ...contents } = into
  return contents
}

function byteOrder(file: DataView): boolean {
  if (file.byteLength < 28 || file.getUint32(0) !== SHB) throw new Malformed('no section header: this is no pcapng')
  if (file.getUint32(8, true) === BYTE_ORDER_MAGIC) return true
  if (file.getUint32(8, false) === BYTE_ORDER_MAGIC) return false
  throw new Malformed('no byte order magic in the section header')
}

/** The body of the block that begins there; its length stands in front and behind. */
function bodyAt(file: DataView, at: number, little: boolean): DataView {
  const rest = file.byteLength - at
  const length = rest < 12 ? 0 : file.getUint32(at + 4, little)
  if (length < 12 || length > rest || length % 4 !== 0) {
    throw new Malformed(`the block at ${at} is cut off, or its length (${length}) is wrong`)
  }
  if (file.getUint32(at + length - 4, little) !== length)
    throw new Malformed(`the block at ${at} has two different lengths`)
  return new DataView(file.buffer, file.byteOffset + at + 8, length - 12)
}

type Reader = (into: Contents, body: DataView, little: boolean) => void

const readers: Readonly<Record<number, Reader>> = {
  [SHB]: readSection,
  [IDB]: readInterface,
  [EPB]: readPacket,
  [ISB]: readStatistics,
  [NRB]: readNames,
}

function readSection(into: Contents, body: DataView, little: boolean): void {
  const found = readOptions(body, 16, little)
  into.section = {
    ...present('application', textOf(found, options.shb.userappl)),
    ...present('os', textOf(found, options.shb.os)),
    ...present('comment', textOf(found, OPT_COMMENT)),
  }
}

function readInterface(into: Contents, body: DataView, little: boolean): void {
  need(body, 8, 'interface description')
  const found = readOptions(body, 8, little)
  const [hardware] = valuesOf(found, options.if.hardwareAddress)
  const addresses = found.flatMap(addressIn)
  into.interfaces.push({
    name: textOf(found, options.if.name) ?? '',
    ...present('description', textOf(found, options.if.description)),
    ...(addresses.length > 0 && { addresses }),
    ...present('hardwareAddress', hardware && hexadecimal(hardware)),
    snap: body.getUint32(4, little),
  })
  into.units.push(nanosecondsOf(valuesOf(found, options.if.tsresol)[0]?.[0]))
}

function readPacket(into: Contents, body: DataView, little: boolean): void {
  need(body, 20, 'packet')
  const index = body.getUint32(0, little)
  const kept = body.getUint32(12, little)
  need(body, 20 + kept, 'packet')
  const found = readOptions(body, 20 + padded(kept), little)
  const flags = numberOf(valuesOf(found, options.epb.flags)[0], little)
  into.packets.push({
    interface: index,
    time: timeOf(into, index, body, 4, little),
    data: new Uint8Array(body.buffer, body.byteOffset + 20, kept),
    length: body.getUint32(16, little),
    direction: directionOf(flags),
    comments: textsOf(found, OPT_COMMENT),
    drops: numberOf(valuesOf(found, options.epb.dropcount)[0], little) ?? 0,
  })
}

function readStatistics(into: Contents, body: DataView, little: boolean): void {
  need(body, 12, 'interface statistics')
  const index = body.getUint32(0, little)
  const found = readOptions(body, 12, little)
  const [start] = valuesOf(found, options.isb.starttime)
  const counted = (code: number): bigint | undefined => bigOf(valuesOf(found, code)[0], little)
  into.statistics.push({
    interface: index,
    time: timeOf(into, index, body, 4, little),
    ...present('start', start && timeOf(into, index, viewOf(start), 0, little)),
    ...present('received', counted(options.isb.ifrecv)),
    ...present('dropped', counted(options.isb.ifdrop)),
  })
}

function readNames(into: Contents, body: DataView, little: boolean): void {
  for (let at = 0; at + 4 <= body.byteLength; ) {
    const [type, length] = [body.getUint16(at, little), body.getUint16(at + 2, little)]
    if (type === records.end) return
    need(body, at + 4 + length, 'name')
    const value = new Uint8Array(body.buffer, body.byteOffset + at + 4, length)
    const size = type === records.ipv4 ? 4 : 16
    const names = new TextDecoder().decode(value.subarray(size)).split('\0').slice(0, -1)
    if (type === records.ipv4 || type === records.ipv6)
      into.names.push({ address: formatIp(value.subarray(0, size)), names })
    at += 4 + padded(length)
  }
}

function addressIn([code, value]: Option): string[] {
  if (code === options.if.ipv6) return [`${formatIp(value.subarray(0, 16))}/${value[16]}`]
  if (code !== options.if.ipv4) return []
  const bits = value.subarray(4).reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0)
  return [`${formatIp(value.subarray(0, 4))}/${bits}`]
}

/** if_tsresol: the highest bit says whether of two or of ten it is a negative power; default 6. */
function nanosecondsOf(resolution = 6): number {
  return 1e9 / (resolution & 0x80 ? 2 ** (resolution & 0x7f) : 10 ** resolution)
}

function timeOf(into: Contents, index: number, body: DataView, at: number, little: boolean): bigint {
  const unit = into.units[index]
  if (unit === undefined) throw new Malformed(`interface ${index} was not described before it was used`)
  const units = (BigInt(body.getUint32(at, little)) << 32n) | BigInt(body.getUint32(at + 4, little))
  return Number.isInteger(unit) ? units * BigInt(unit) : BigInt(Math.round(Number(units) * unit))
}

function directionOf(flags = 0): 'inbound' | 'outbound' | undefined {
  const bits = flags & 3
  return bits === directions.inbound ? 'inbound' : bits === directions.outbound ? 'outbound' : undefined
}

function numberOf(value: Uint8Array | undefined, little: boolean): number | undefined {
  if (value?.length === 8) return Number(bigOf(value, little))
  return value === undefined ? undefined : viewOf(value).getUint32(0, little)
}

function bigOf(value: Uint8Array | undefined, little: boolean): bigint | undefined {
  return value === undefined ? undefined : viewOf(value).getBigUint64(0, little)
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function hexadecimal(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':')
}

function need(body: DataView, bytes: number, what: string): void {
  if (body.byteLength < bytes) throw new Malformed(`${what}: ${body.byteLength} bytes are less than ${bytes}`)
}

function present<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: V })
}

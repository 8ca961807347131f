import { littleEndian, type Writer } from './writer.ts'

/** One value and its two directions. `read` gets exactly the bytes of the value and throws {@link Malformed} on others. */
export interface Field<T> {
  write(out: Writer, value: T): void
  read(bytes: Uint8Array): T
  /** True when the content is attributes: their header gets NLA_F_NESTED. */
  readonly nested?: true
  /** The path of attribute names at this byte offset of the content (NLMSGERR_ATTR_OFFS points at a header). */
  pathAt?(bytes: Uint8Array, offset: number): string[]
}

/** Bytes that are not what the format says. `where` is the path of names from the message down to the field. */
export class Malformed extends Error {
  readonly where: readonly string[]
  readonly reason: string

  constructor(reason: string, where: readonly string[] = []) {
    super(where.length === 0 ? reason : `${where.join('.')}: ${reason}`)
    this.name = 'Malformed'
    this.where = where
    this.reason = reason
  }

  /** The same error seen from one level further out. */
  inside(name: string): Malformed {
    return new Malformed(this.reason, [name, ...this.where])
  }
}

function viewOf(bytes: Uint8Array, size: number): DataView {
  if (bytes.length < size) throw new Malformed(`${bytes.length} bytes where ${size} are needed`)
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function twosComplement(value: number): number {
  if (value === (value | 0)) return value >>> 0
  throw new RangeError(`${value} is no signed integer of 32 bits`)
}

export const u8: Field<number> = {
  write: (out, value) => out.u8(value),
  read: (bytes) => viewOf(bytes, 1).getUint8(0),
}

/** Host byte order. */
export const u16: Field<number> = {
  write: (out, value) => out.u16(value),
  read: (bytes) => viewOf(bytes, 2).getUint16(0, littleEndian),
}

export const u16be: Field<number> = {
  write: (out, value) => out.u16be(value),
  read: (bytes) => viewOf(bytes, 2).getUint16(0),
}

/** Host byte order. */
export const u32: Field<number> = {
  write: (out, value) => out.u32(value),
  read: (bytes) => viewOf(bytes, 4).getUint32(0, littleEndian),
}

/** Host byte order, signed: priorities and interface indices. */
export const i32: Field<number> = {
  write: (out, value) => out.u32(twosComplement(value)),
  read: (bytes) => viewOf(bytes, 4).getInt32(0, littleEndian),
}

export const u32be: Field<number> = {
  write: (out, value) => out.u32be(value),
  read: (bytes) => viewOf(bytes, 4).getUint32(0),
}

export const i32be: Field<number> = {
  write: (out, value) => out.u32be(twosComplement(value)),
  read: (bytes) => viewOf(bytes, 4).getInt32(0),
}

export const u64be: Field<bigint> = {
  write: (out, value) => out.u64be(value),
  read: (bytes) => viewOf(bytes, 8).getBigUint64(0),
}

/** Host byte order. */
export const u64: Field<bigint> = {
  write: (out, value) => out.u64(value),
  read: (bytes) => viewOf(bytes, 8).getBigUint64(0, littleEndian),
}

/**
 * NUL-terminated text (NLA_NUL_STRING), which therefore holds no NUL itself; on reading the NUL may be absent
 * (NLA_STRING).
 */
export const text: Field<string> = {
  write: (out, value) => {
    if (value.includes('\0')) throw new RangeError(`text with a NUL inside: ${JSON.stringify(value)}`)
    out.bytes(Buffer.from(value, 'utf8'))
    out.u8(0)
  },
  read: (bytes) => {
    const end = bytes.indexOf(0)
    return Buffer.from(end === -1 ? bytes : bytes.subarray(0, end)).toString('utf8')
  },
}

/** Bytes as they are; reading copies, so that a receive buffer can be used again. */
export const raw: Field<Uint8Array> = {
  write: (out, value) => out.bytes(value),
  read: (bytes) => Uint8Array.from(bytes),
}

/** NLA_FLAG: present or not, without content. Only `true` is ever written. */
export const flag: Field<true> = {
  write: () => {},
  read: () => true,
}

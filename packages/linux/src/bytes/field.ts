import { type Endianness, hostEndianness, type Writer } from './writer.ts'

/** One value and its two directions. `read` gets exactly the bytes of the value and throws {@link Malformed} on others. */
export interface Field<T> {
  write(out: Writer, value: T, form?: number): void
  /** `endianness` is that of integers in host order. Default: this machine's. */
  read(bytes: Uint8Array, endianness?: Endianness): T
  /** Where the same value has several forms: which one these bytes are, for `write`; 0 is the one we write. */
  form?(bytes: Uint8Array, at?: number, end?: number): number
  /** The kernel's names of all attributes inside, at every depth, with their types. */
  readonly allMacros?: Readonly<Record<string, number>>
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

/** {@link Field.read} of the bytes from `at` to `end`: a view for each value would cost more than reading it. */
export type ReadAt<T> = (bytes: Uint8Array, at: number, end: number, endianness: Endianness) => T

const inPlace = new WeakMap<Field<unknown>['read'], ReadAt<unknown>>()

/** A `read` for which {@link readAtOf} finds `readAt` again. */
export function reading<T>(readAt: ReadAt<T>): Field<T>['read'] {
  const read: Field<T>['read'] = (bytes, endianness = hostEndianness) => readAt(bytes, 0, bytes.length, endianness)
  inPlace.set(read, readAt)
  return read
}

export function readAtOf<T>(field: Field<T>): ReadAt<T> {
  const known = inPlace.get(field.read) as ReadAt<T> | undefined
  return known ?? ((bytes, at, end, endianness) => field.read(bytes.subarray(at, end), endianness))
}

function need(size: number, at: number, end: number): void {
  if (end - at < size) throw new Malformed(`${end - at} bytes where ${size} are needed`)
}

function u16At(bytes: Uint8Array, at: number, end: number, little: boolean): number {
  need(2, at, end)
  return little ? bytes[at]! | (bytes[at + 1]! << 8) : (bytes[at]! << 8) | bytes[at + 1]!
}

/** Signed. */
function i32At(bytes: Uint8Array, at: number, end: number, little: boolean): number {
  need(4, at, end)
  const [a, b, c, d] = [bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!]
  return little ? a | (b << 8) | (c << 16) | (d << 24) : (a << 24) | (b << 16) | (c << 8) | d
}

function u64At(bytes: Uint8Array, at: number, end: number, little: boolean): bigint {
  need(8, at, end)
  const high = i32At(bytes, little ? at + 4 : at, end, little) >>> 0
  const low = i32At(bytes, little ? at : at + 4, end, little) >>> 0
  return high === 0 ? BigInt(low) : (BigInt(high) << 32n) | BigInt(low)
}

function twosComplement(value: number): number {
  if (value === (value | 0)) return value >>> 0
  throw new RangeError(`${value} is no signed integer of 32 bits`)
}

export const u8: Field<number> = {
  write: (out, value) => out.u8(value),
  read: reading((bytes, at, end) => {
    need(1, at, end)
    return bytes[at]!
  }),
}

/** Host byte order. */
export const u16: Field<number> = {
  write: (out, value) => out.u16(value),
  read: reading((bytes, at, end, endianness) => u16At(bytes, at, end, endianness === 'little')),
}

export const u16be: Field<number> = {
  write: (out, value) => out.u16be(value),
  read: reading((bytes, at, end) => u16At(bytes, at, end, false)),
}

/** Host byte order. */
export const u32: Field<number> = {
  write: (out, value) => out.u32(value),
  read: reading((bytes, at, end, endianness) => i32At(bytes, at, end, endianness === 'little') >>> 0),
}

/** Host byte order, signed: priorities and interface indices. */
export const i32: Field<number> = {
  write: (out, value) => out.u32(twosComplement(value)),
  read: reading((bytes, at, end, endianness) => i32At(bytes, at, end, endianness === 'little')),
}

export const u32be: Field<number> = {
  write: (out, value) => out.u32be(value),
  read: reading((bytes, at, end) => i32At(bytes, at, end, false) >>> 0),
}

export const i32be: Field<number> = {
  write: (out, value) => out.u32be(twosComplement(value)),
  read: reading((bytes, at, end) => i32At(bytes, at, end, false)),
}

export const u64be: Field<bigint> = {
  write: (out, value) => out.u64be(value),
  read: reading((bytes, at, end) => u64At(bytes, at, end, false)),
}

/** Host byte order. */
export const u64: Field<bigint> = {
  write: (out, value) => out.u64(value),
  read: reading((bytes, at, end, endianness) => u64At(bytes, at, end, endianness === 'little')),
}

/**
 * NUL-terminated text (NLA_NUL_STRING), which therefore holds no NUL itself; on reading the NUL may be absent
 * (NLA_STRING). Bytes that are no UTF-8 are read as the surrogates U+DC80 to U+DCFF, and written back.
 */
export const text: Field<string> = {
  write: (out, value, form) => {
    out.bytes(bytesOf(value))
    if (form !== WITHOUT_NUL) out.u8(0)
  },
  read: reading((bytes, at, end) => {
    let stop = at
    while (stop < end && bytes[stop] !== 0) stop += 1
    return stop - at <= SHORT ? shortText(bytes, at, stop) : textOf(bytes.subarray(at, stop))
  }),
  form: (bytes, at = 0, end = bytes.length) => (end > at && bytes[end - 1] === 0 ? 0 : WITHOUT_NUL),
}

const WITHOUT_NUL = 1

/** Text that we write without a NUL at its end; one may be there on reading. */
export const bareText: Field<string> = {
  write: (out, value, form) => text.write(out, value, form === WITH_NUL ? 0 : WITHOUT_NUL),
  read: text.read,
  form: (bytes, at = 0, end = bytes.length) => (end > at && bytes[end - 1] === 0 ? WITH_NUL : 0),
}

const WITH_NUL = 1

function bytesOf(value: string): Uint8Array {
  if (value.includes('\0')) throw new RangeError(`text with a NUL inside: ${JSON.stringify(value)}`)
  if (!/[\udc80-\udcff]/.test(value) || value.isWellFormed()) return Buffer.from(value, 'utf8')
  return Buffer.concat(
    Array.from(value, (character) => {
      const code = character.charCodeAt(0)
      return code >= 0xdc80 && code <= 0xdcff ? Buffer.of(code & 0xff) : Buffer.from(character, 'utf8')
    }),
  )
}

const SHORT = 32

/** Names come again and again: the last text with each hash, to be compared with before another one is made. */
const known: string[] = new Array(512).fill('')

function shortText(bytes: Uint8Array, at: number, end: number): string {
  let hash = end - at
  for (let index = at; index < end; index++) hash = (Math.imul(hash, 31) + bytes[index]!) | 0
  const place = (hash ^ (hash >>> 9)) & 511
  const last = known[place]!
  if (isText(last, bytes, at, end)) return last
  const made = textOf(bytes.subarray(at, end))
  known[place] = made
  return made
}

/** True only of ASCII: other characters have more bytes. */
function isText(text: string, bytes: Uint8Array, at: number, end: number): boolean {
  if (text.length !== end - at) return false
  for (let index = 0; index < text.length; index++) {
    const byte = bytes[at + index]!
    if (byte > 0x7f || text.charCodeAt(index) !== byte) return false
  }
  return true
}

function textOf(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const whole = buffer.toString('utf8')
  if (!whole.includes('\ufffd') || Buffer.from(whole, 'utf8').equals(buffer)) return whole
  return escaped(buffer)
}

/** The longest pieces that are UTF-8 as text, every other byte as a surrogate of its own. */
function escaped(buffer: Buffer): string {
  let out = ''
  for (let at = 0; at < buffer.length; ) {
    const length = [1, 2, 3, 4].find((size) => isCharacter(buffer.subarray(at, at + size), size)) ?? 0
    out += length === 0 ? String.fromCharCode(0xdc00 | buffer[at]!) : buffer.toString('utf8', at, at + length)
    at += Math.max(length, 1)
  }
  return out
}

function isCharacter(piece: Buffer, size: number): boolean {
  const read = piece.toString('utf8')
  return piece.length === size && Array.from(read).length === 1 && Buffer.from(read, 'utf8').equals(piece)
}

/** Bytes as they are; reading copies, so that a receive buffer can be used again. */
export const raw: Field<Uint8Array> = {
  write: (out, value) => out.bytes(value),
  read: reading((bytes, at, end) => {
    const copy = new Uint8Array(end - at)
    if (copy.length > SHORT) copy.set(bytes.subarray(at, end))
    else for (let index = 0; index < copy.length; index++) copy[index] = bytes[at + index]!
    return copy
  }),
}

/** NLA_FLAG: present or not, without content. Only `true` is ever written. */
export const flag: Field<true> = {
  write: () => {},
  read: () => true,
}

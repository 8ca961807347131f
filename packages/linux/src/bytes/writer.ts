import { endianness } from 'node:os'

/** Which byte of an integer in "host order" comes first: least or most significant. */
export type Endianness = 'little' | 'big'

/** True on a machine whose integers are stored least significant byte first. */
export const littleEndian: boolean = endianness() === 'LE'

/** That of this machine, and of the kernel that it runs. */
export const hostEndianness: Endianness = littleEndian ? 'little' : 'big'

/** How something is written; what is left out is as the kernel of this machine wants it. */
export interface WriteOptions {
  /** Of what is in host order: for the bytes that another machine would write. Default: {@link hostEndianness}. */
  readonly endianness?: Endianness
  /**
   * True: in our own form, though the value remembers how it was read. Default: false, so that what was read and not
   * changed is written as it was.
   */
  readonly afresh?: boolean
}

/**
 * Bytes being written, in a buffer that grows. Offsets are from the start of what was written.
 *
 * netlink mixes two byte orders: headers and most rtnetlink integers are the host's, nf_tables integers are
 * big-endian. Every integer method therefore says which one it writes: `u32` host, `u32be` network. All are unsigned,
 * and throw a RangeError on a value that does not fit: a port of 70,000 must not become port 4,464.
 */
export class Writer {
  #buffer: Uint8Array
  #length = 0
  readonly #little: boolean
  /** See {@link WriteOptions.afresh}. */
  readonly afresh: boolean

  constructor(capacity = 256, { endianness = hostEndianness, afresh = false }: WriteOptions = {}) {
    this.#buffer = zeros(capacity)
    this.#little = endianness === 'little'
    this.afresh = afresh
  }

  /** Of the integers in host order. */
  get endianness(): Endianness {
    return this.#little ? 'little' : 'big'
  }

  get length(): number {
    return this.#length
  }

  // The buffer is taken after room was made, which may replace it. Byte by byte: a DataView costs more to make than
  // most messages to write.

  u8(value: number): void {
    const at = this.#reserve(1)
    this.#buffer[at] = unsigned(value, 8)
  }

  u16(value: number): void {
    this.#put16(this.#reserve(2), value, this.#little)
  }

  u16be(value: number): void {
    this.#put16(this.#reserve(2), value, false)
  }

  u32(value: number): void {
    this.#put32(this.#reserve(4), value, this.#little)
  }

  u32be(value: number): void {
    this.#put32(this.#reserve(4), value, false)
  }

  u64be(value: bigint): void {
    this.#put64(this.#reserve(8), value, false)
  }

  u64(value: bigint): void {
    this.#put64(this.#reserve(8), value, this.#little)
  }

  bytes(value: Uint8Array): void {
    const at = this.#reserve(value.length)
    this.#buffer.set(value, at)
  }

  /** Zero bytes up to the next multiple of `size` (NLMSG_ALIGN and NLA_ALIGN use 4). */
  align(size: number): void {
    const rest = this.#length % size
    if (rest !== 0) this.#reserve(size - rest)
  }

  /** Overwrites two bytes written earlier: lengths are known only when their content is. */
  patchU16(at: number, value: number): void {
    this.#put16(at, value, this.#little)
  }

  patchU32(at: number, value: number): void {
    this.#put32(at, value, this.#little)
  }

  /** What was written, as a view that stays valid: later writes go elsewhere or behind it. */
  finish(): Uint8Array {
    return this.#buffer.subarray(0, this.#length)
  }

  #put16(at: number, value: number, little: boolean): void {
    const number = unsigned(value, 16)
    this.#buffer[little ? at : at + 1] = number
    this.#buffer[little ? at + 1 : at] = number >>> 8
  }

  #put32(at: number, value: number, little: boolean): void {
    const number = unsigned(value, 32)
    const [first, step] = little ? [at, 1] : [at + 3, -1]
    this.#buffer[first] = number
    this.#buffer[first + step] = number >>> 8
    this.#buffer[first + 2 * step] = number >>> 16
    this.#buffer[first + 3 * step] = number >>> 24
  }

  #put64(at: number, value: bigint, little: boolean): void {
    const number = unsigned64(value)
    this.#put32(little ? at : at + 4, Number(number & 0xffffffffn), little)
    this.#put32(little ? at + 4 : at, Number(number >> 32n), little)
  }

  #reserve(size: number): number {
    const at = this.#length
    const end = at + size
    if (end > this.#buffer.length) this.#grow(end)
    this.#length = end
    return at
  }

  #grow(least: number): void {
    const buffer = new Uint8Array(Math.max(least, this.#buffer.length * 2))
    buffer.set(this.#buffer)
    this.#buffer = buffer
  }
}

const SLAB = 1 << 14
let slab = new Uint8Array(SLAB)
let used = 0

/** Small buffers side by side in one: each of its own would be garbage that takes long to collect. None is used twice. */
function zeros(length: number): Uint8Array {
  if (length > SLAB / 16) return new Uint8Array(length)
  if (used + length > SLAB) {
    slab = new Uint8Array(SLAB)
    used = 0
  }
  used += length
  return slab.subarray(used - length, used)
}

function unsigned(value: number, bits: number): number {
  if (Number.isInteger(value) && value >= 0 && value < 2 ** bits) return value
  throw new RangeError(`${value} is no unsigned integer of ${bits} bits`)
}

function unsigned64(value: bigint): bigint {
  if (value === BigInt.asUintN(64, value)) return value
  throw new RangeError(`${value} is no unsigned integer of 64 bits`)
}

import { endianness } from 'node:os'

/** True on a machine whose integers are stored least significant byte first. */
export const littleEndian: boolean = endianness() === 'LE'

/**
 * Bytes being written, in a buffer that grows. Offsets are from the start of what was written.
 *
 * netlink mixes two byte orders: headers and most rtnetlink integers are the host's, nf_tables integers are
 * big-endian. Every integer method therefore says which one it writes: `u32` host, `u32be` network. All are unsigned,
 * and throw a RangeError on a value that does not fit: a port of 70,000 must not become port 4,464.
 */
export class Writer {
  #buffer: Uint8Array
  #view: DataView
  #length = 0

  constructor(capacity = 256) {
    this.#buffer = new Uint8Array(capacity)
    this.#view = new DataView(this.#buffer.buffer)
  }

  get length(): number {
    return this.#length
  }

  // The view is taken after room was made, which may replace it.

  u8(value: number): void {
    const at = this.#reserve(1)
    this.#view.setUint8(at, unsigned(value, 8))
  }

  u16(value: number): void {
    const at = this.#reserve(2)
    this.#view.setUint16(at, unsigned(value, 16), littleEndian)
  }

  u16be(value: number): void {
    const at = this.#reserve(2)
    this.#view.setUint16(at, unsigned(value, 16))
  }

  u32(value: number): void {
    const at = this.#reserve(4)
    this.#view.setUint32(at, unsigned(value, 32), littleEndian)
  }

  u32be(value: number): void {
    const at = this.#reserve(4)
    this.#view.setUint32(at, unsigned(value, 32))
  }

  u64be(value: bigint): void {
    const at = this.#reserve(8)
    this.#view.setBigUint64(at, unsigned64(value))
  }

  u64(value: bigint): void {
    const at = this.#reserve(8)
    this.#view.setBigUint64(at, unsigned64(value), littleEndian)
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
    this.#view.setUint16(at, unsigned(value, 16), littleEndian)
  }

  patchU32(at: number, value: number): void {
    this.#view.setUint32(at, unsigned(value, 32), littleEndian)
  }

  /** What was written, as a view that stays valid: later writes go elsewhere or behind it. */
  finish(): Uint8Array {
    return this.#buffer.subarray(0, this.#length)
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
    this.#view = new DataView(buffer.buffer)
  }
}

function unsigned(value: number, bits: number): number {
  if (Number.isInteger(value) && value >= 0 && value < 2 ** bits) return value
  throw new RangeError(`${value} is no unsigned integer of ${bits} bits`)
}

function unsigned64(value: bigint): bigint {
  if (value === BigInt.asUintN(64, value)) return value
  throw new RangeError(`${value} is no unsigned integer of 64 bits`)
}

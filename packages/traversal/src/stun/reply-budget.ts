import { parseIp } from '@sallyport/linux'
import { LEAKY_CELLS, LeakyCells } from './leaky-cells.ts'

/** How much may go to addresses that anybody can write on a datagram. */
export interface ReplyBudgetOptions {
  /** Bytes a second to one source that has proven nothing; default 2,000: twenty challenges. */
  readonly perSource?: number
  /** Bytes a second to all sources together; default 4,000,000. */
  readonly total?: number
  /** Seconds of either rate that may go out at once; default 5. */
  readonly burst?: number
  /** How many times as much a proven source gets, for a NAT hides many clients behind one address; default 50. */
  readonly proven?: number
  /** Whether answers to bindings count too; default false: see {@link ReplyBudget}. */
  readonly bindings?: boolean
  /** 32 bits that nobody can guess, so that nobody can aim at the cell of somebody else; default 0. */
  readonly seed?: number
  /** Of {@link replyMemory}, for several threads that count together; the first one's seed counts. Default: its own. */
  readonly memory?: SharedArrayBuffer
}

/** Sources that are told apart at one time. A power of two. */
const CELLS = 4096
/** A source is proven for so long after its last authenticated request. Seconds. */
const PROVEN_FOR = 600
/** Of one source: its bucket, who it is, and until when it is proven. */
const OF_ONE = LEAKY_CELLS + 2
const SOURCE = LEAKY_CELLS
const PROVEN = LEAKY_CELLS + 1
/** Behind the sources: the bucket of all of them, and the seed. */
const ALL = CELLS * OF_ONE
const SEED = ALL + LEAKY_CELLS

/** The memory of {@link ReplyBudget}. */
export function replyMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer((SEED + 1) * 4)
}

/**
 * Bounds what a server can be made to send to an address that never asked: replies that are larger than their requests,
 * to sources that have not shown that they receive what we send. A source is an address without its port, of IPv6 the
 * first 64 bits. Each has a bucket that leaks, in a table of fixed size: nothing is allocated, a flood from a million
 * addresses finds the same cells. Where a source takes the cell of another, it inherits how full that is.
 *
 * Answers to bindings are free unless `bindings` says otherwise: 32 bytes for 20 (on the wire 60 for 48) is not what
 * somebody builds an attack on, every STUN server gives them, and load tests ask for hundreds of thousands from one place.
 */
export class ReplyBudget {
  readonly bindings: boolean
  /** Bytes per millisecond. */
  readonly #perSource: number
  readonly #burst: number
  readonly #proven: number
  /** Bytes per millisecond. */
  readonly #total: number
  readonly #cells: Int32Array
  readonly #buckets: LeakyCells

  constructor(options: ReplyBudgetOptions = {}) {
    const { perSource = 2000, total = 4_000_000, burst = 5, proven = 50, bindings = false, seed = 0 } = options
    this.bindings = bindings
    this.#perSource = perSource / 1000
    this.#total = total / 1000
    this.#burst = burst * 1000
    this.#proven = proven
    this.#cells = new Int32Array(options.memory ?? replyMemory())
    this.#buckets = new LeakyCells(this.#cells)
    Atomics.compareExchange(this.#cells, SEED, 0, seed)
  }

  /** The number of the source at `at`: `length` is 4 for IPv4, 16 for IPv6. */
  source(bytes: Uint8Array, at: number, length: number): number {
    let hash = Atomics.load(this.#cells, SEED) ^ length
    const end = at + Math.min(length, 8)
    for (let index = at; index < end; index += 1) hash = mixed(hash ^ bytes[index]!)
    return hash >>> 0
  }

  /** The same, for an address as text. */
  sourceOf(address: string): number {
    const { bytes } = parseIp(address)
    return this.source(bytes, 0, bytes.length)
  }

  /** May a reply of so many bytes go to a source? If so, it is counted. `now`: milliseconds of any clock. */
  admits(source: number, bytes: number, now: number): boolean {
    const cell = this.#cell(source)
    const until = Atomics.load(this.#cells, cell + PROVEN) >>> 0
    const rate = this.#perSource * (until > seconds(now) ? this.#proven : 1)
    if (!this.#buckets.put(cell, bytes, rate, rate * this.#burst, now)) return false
    if (this.#buckets.put(ALL, bytes, this.#total, this.#total * this.#burst, now)) return true
    this.#buckets.take(cell, bytes)
    return false
  }

  /** A source has shown a nonce of ours, sealed: it does receive what we send. */
  prove(source: number, now: number): void {
    Atomics.store(this.#cells, this.#cell(source) + PROVEN, seconds(now) + PROVEN_FOR)
  }

  #cell(source: number): number {
    const cell = (source & (CELLS - 1)) * OF_ONE
    if (Atomics.load(this.#cells, cell + SOURCE) >>> 0 === source) return cell
    Atomics.store(this.#cells, cell + SOURCE, source | 0)
    Atomics.store(this.#cells, cell + PROVEN, 0)
    return cell
  }
}

/** Milliseconds of a clock as whole seconds that 32 bits hold. */
function seconds(now: number): number {
  return Math.floor(now / 1000) >>> 0
}

/** MurmurHash3's last step (public domain): every bit of the input turns half of those that come out. */
function mixed(value: number): number {
  let hash = value
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}

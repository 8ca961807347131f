import { parseIp } from '@sallyport/linux'

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
}

/** Sources that are told apart at one time. A power of two. */
const CELLS = 4096
/** A source is proven for so long after its last authenticated request. Milliseconds. */
const PROVEN_FOR = 600_000

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
  readonly #seed: number
  readonly #sources = new Uint32Array(CELLS)
  readonly #levels = new Float64Array(CELLS)
  readonly #times = new Float64Array(CELLS)
  readonly #provenUntil = new Float64Array(CELLS)
  readonly #all: Bucket

  constructor(options: ReplyBudgetOptions = {}) {
    const { perSource = 2000, total = 4_000_000, burst = 5, proven = 50, bindings = false, seed = 0 } = options
    this.bindings = bindings
    this.#perSource = perSource / 1000
    this.#burst = burst * 1000
    this.#proven = proven
    this.#seed = seed
    this.#all = new Bucket(total / 1000, (total / 1000) * this.#burst)
  }

  /** The number of the source at `at`: `length` is 4 for IPv4, 16 for IPv6. */
  source(bytes: Uint8Array, at: number, length: number): number {
    let hash = this.#seed ^ length
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
    const rate = this.#perSource * (this.#provenUntil[cell]! > now ? this.#proven : 1)
    const most = rate * this.#burst
    const leaked = Math.max(0, now - this.#times[cell]!) * rate
    const level = Math.max(0, Math.min(this.#levels[cell]!, most) - leaked)
    this.#times[cell] = now
    const fits = level + bytes <= most && this.#all.take(bytes, now)
    this.#levels[cell] = fits ? level + bytes : level
    return fits
  }

  /** A source has shown a nonce of ours, sealed: it does receive what we send. */
  prove(source: number, now: number): void {
    this.#provenUntil[this.#cell(source)] = now + PROVEN_FOR
  }

  #cell(source: number): number {
    const cell = source & (CELLS - 1)
    if (this.#sources[cell] !== source) {
      this.#sources[cell] = source
      this.#provenUntil[cell] = 0
    }
    return cell
  }
}

/** What leaks at a rate, and holds so much. */
class Bucket {
  readonly #rate: number
  readonly #size: number
  #level = 0
  #time = 0

  constructor(rate: number, size: number) {
    this.#rate = rate
    this.#size = size
  }

  take(bytes: number, now: number): boolean {
    this.#level = Math.max(0, this.#level - Math.max(0, now - this.#time) * this.#rate)
    this.#time = now
    if (this.#level + bytes > this.#size) return false
    this.#level += bytes
    return true
  }
}

/** MurmurHash3's last step (public domain): every bit of the input turns half of those that come out. */
function mixed(value: number): number {
  let hash = value
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}

/** Places of the table: a fixed number, since the source of a request can be forged. */
const BUCKETS = 4096

/**
 * How many answers may go to a port that has not asked for them (RFC 5780 section 7.5), per address and second: a
 * table of fixed size, where addresses that fall on one place share what there is.
 */
export class ReflectionBudget {
  readonly #perSecond: number
  readonly #left: Float64Array
  readonly #since = new Float64Array(BUCKETS)

  constructor(perSecond: number) {
    this.#perSecond = perSecond
    this.#left = new Float64Array(BUCKETS).fill(perSecond)
  }

  /** @param now milliseconds of a clock that only goes forward */
  take(address: string, now: number): boolean {
    const place = placeOf(address)
    const gained = ((now - this.#since[place]!) / 1000) * this.#perSecond
    const left = Math.min(this.#perSecond, this.#left[place]! + Math.max(0, gained))
    this.#since[place] = now
    this.#left[place] = left < 1 ? left : left - 1
    return left >= 1
  }
}

/** FNV-1a over the text. */
function placeOf(address: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < address.length; index += 1) {
    hash = Math.imul(hash ^ address.charCodeAt(index), 0x01000193)
  }
  return (hash ^ (hash >>> 16)) & (BUCKETS - 1)
}

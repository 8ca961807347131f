import { LEAKY_CELLS, LeakyCells } from './leaky-cells.ts'

/** Places of the table: a fixed number, since the source of a request can be forged. */
const BUCKETS = 4096
/** An answer in the bucket's units, so that few a second leak evenly. */
const ONE = 1000

/** The memory of {@link ReflectionBudget}, for several threads that count together. */
export function reflectionMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(BUCKETS * LEAKY_CELLS * 4)
}

/**
 * How many answers may go to a port that has not asked for them (RFC 5780 section 7.5), per address and second: a
 * table of fixed size, where addresses that fall on one place share what there is.
 */
export class ReflectionBudget {
  readonly #perSecond: number
  readonly #buckets: LeakyCells

  constructor(perSecond: number, memory: SharedArrayBuffer = reflectionMemory()) {
    this.#perSecond = perSecond
    this.#buckets = new LeakyCells(new Int32Array(memory))
  }

  /** @param now milliseconds of a clock that only goes forward */
  take(address: string, now: number): boolean {
    return this.#buckets.put(placeOf(address) * LEAKY_CELLS, ONE, this.#perSecond, this.#perSecond * ONE, now)
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

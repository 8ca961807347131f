import type { ElementColumns } from '../model/columns.ts'
import { ModelError } from '../model/error.ts'
import { formatKeyValue } from '../model/key.ts'

/** First and last values side by side, `width` bytes each, in network order. */
export interface Ranges {
  readonly width: number
  readonly first: Uint8Array
  readonly last: Uint8Array
}

export function rangesOf({ width, first, last }: ElementColumns): Ranges {
  return { width, first, last: last ?? first }
}

/** The intervals of a set of one type in ascending order, none touching another that it could be joined with. */
export interface Intervals {
  readonly count: number
  /** Which element each one begins with. */
  readonly first: Uint32Array
  /** Which element it ends with: another one when some were joined. */
  readonly last: Uint32Array
}

/** Joins what touches or overlaps when `merge`, refuses what overlaps otherwise, naming both. */
export function intervalsOf(columns: ElementColumns, merge: boolean): Intervals {
  const ranges = rangesOf(columns)
  const order = sortedIndices(ranges.first, ranges.width, columns.length)
  const last = new Uint32Array(order.length)
  let count = 0
  for (const index of order) {
    const previous = last[count - 1] ?? index
    const relation = count === 0 ? 'apart' : relationOf(ranges, previous, index)
    if (relation === 'overlap' && !merge) throw overlap(columns, previous, index)
    if (relation !== 'apart' && merge) {
      if (compareAt(ranges.last, previous, index, ranges.width) < 0) last[count - 1] = index
      continue
    }
    order[count] = index
    last[count] = index
    count += 1
  }
  return { count, first: order, last }
}

function overlap(columns: ElementColumns, a: number, b: number): ModelError {
  const [one, other] = [a, b].map((index) => formatKeyValue(columns.type, columns.key(index)))
  return new ModelError(`${one} and ${other} overlap`, 'a value can be in one element only; autoMerge joins them')
}

/** How an interval stands to one that ends where `previous` does and does not begin behind it. */
function relationOf(ranges: Ranges, previous: number, next: number): 'overlap' | 'touch' | 'apart' {
  const { width, first, last } = ranges
  if (compareKeys(last, previous * width, first, next * width, width) >= 0) return 'overlap'
  return follows(ranges, previous, next) ? 'touch' : 'apart'
}

/** True if the interval at `next` begins with the value behind the last one of `previous`. */
export function follows({ width, first, last }: Ranges, previous: number, next: number): boolean {
  let carry = 1
  for (let byte = width - 1; byte >= 0; byte--) {
    const sum = last[previous * width + byte]! + carry
    if ((sum & 0xff) !== first[next * width + byte]) return false
    carry = sum >> 8
  }
  return carry === 0
}

function compareAt(keys: Uint8Array, a: number, b: number, width: number): number {
  return compareKeys(keys, a * width, keys, b * width, width)
}

function compareKeys(a: Uint8Array, atA: number, b: Uint8Array, atB: number, width: number): number {
  for (let byte = 0; byte < width; byte++) {
    const difference = a[atA + byte]! - b[atB + byte]!
    if (difference !== 0) return difference
  }
  return 0
}

/** Radix sort, byte by byte from the last one: as many passes as a key has bytes, and equal keys keep their order. */
export function sortedIndices(keys: Uint8Array, width: number, count: number): Uint32Array {
  let from = Uint32Array.from({ length: count }, (_, index) => index)
  if (isSorted(keys, width, count)) return from
  let to = new Uint32Array(count)
  for (let byte = width - 1; byte >= 0; byte--) {
    const places = placesOf(keys, width, byte, count)
    if (places === undefined) continue
    for (let n = 0; n < count; n++) {
      const index = from[n]!
      to[places[keys[index * width + byte]!]!++] = index
    }
    ;[from, to] = [to, from]
  }
  return from
}

function isSorted(keys: Uint8Array, width: number, count: number): boolean {
  for (let index = 1; index < count; index++) if (compareAt(keys, index - 1, index, width) > 0) return false
  return true
}

/** Where the keys with each value of one byte begin; undefined when all have the same. */
function placesOf(keys: Uint8Array, width: number, byte: number, count: number): Uint32Array | undefined {
  const places = new Uint32Array(256)
  for (let index = 0; index < count; index++) places[keys[index * width + byte]!]! += 1
  if (places.includes(count)) return undefined
  let sum = 0
  for (let value = 0; value < 256; value++) {
    const here = places[value]!
    places[value] = sum
    sum += here
  }
  return places
}

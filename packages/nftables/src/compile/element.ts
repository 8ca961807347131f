import { type Endianness, hostEndianness, u32, Writer } from '@sallyport/linux'
import type { Data } from '../expr/index.ts'
import { commentUserdata, type KernelElement, PackedElements, type PackedExtra } from '../messages/index.ts'
import { ElementColumns, type Extra } from '../model/columns.ts'
import { datatype } from '../model/datatype.ts'
import { type Element, isObject, isObjectKind, isVerdict, type MapType } from '../model/element.ts'
import { fieldTypes, type Key, paddedLength } from '../model/key.ts'
import { kernelVerdict } from './action.ts'
import { keyBytes } from './bytes.ts'
import { follows, type Intervals, intervalsOf, type Ranges, rangesOf } from './intervals.ts'

/** What the compiler has to know of a set to write its elements; set and map definitions are such. */
export interface ElementsOf {
  readonly kind: 'set' | 'map' | 'anonymous'
  readonly type: Key
  readonly value?: MapType | undefined
  readonly isInterval: boolean
  readonly options?: { readonly autoMerge: boolean }
}

export interface ElementsOptions {
  /** These are all elements, of a set that was empty. Default: they join or leave others. */
  readonly whole?: boolean
  /** Of the machine that the elements are for. Default: this one's. */
  readonly endianness?: Endianness
}

/** Elements as the kernel takes them. Of intervals of one type: where they begin, and where they are over. */
export function compileElements(
  set: ElementsOf,
  elements: Iterable<Element>,
  options: ElementsOptions = {},
): KernelElement[] {
  return [...packElements(set, columnsOf(set.type, elements), options)]
}

export function columnsOf(type: Key, elements: Iterable<Element>): ElementColumns {
  const columns = new ElementColumns(type)
  for (const element of elements) columns.pushElement(element)
  return columns
}

/** The same for any number of elements. Throws {@link ModelError} when two intervals overlap. */
export function packElements(set: ElementsOf, columns: ElementColumns, options: ElementsOptions = {}): PackedElements {
  const { endianness = hostEndianness, whole = false } = options
  const { width, first } = columns
  if (set.isInterval && typeof set.type === 'string') return packIntervals(set, columns, whole, endianness)
  const extras = extrasOf(set, columns, endianness)
  // In concatenations with ranges every element has two keys, and both ends belong to it.
  if (set.isInterval) return new PackedElements({ width, keys: first, keyEnds: rangesOf(columns).last, extras })
  return new PackedElements({ width, keys: inRegisters(columns, endianness), extras })
}

/** Keys as they lie in registers: fields in host order are turned on machines that are little-endian. */
function inRegisters({ type, width, first, length }: ElementColumns, endianness: Endianness): Uint8Array {
  const turned = endianness === 'little' && fieldTypes(type).some((field) => datatype(field).order === 'host')
  if (!turned) return first
  const keys = first.slice()
  let offset = 0
  for (const field of fieldTypes(type)) {
    const { order, length: bytes } = datatype(field)
    const at = offset
    if (order === 'host') for (let row = 0; row < length; row++) turn(keys, row * width + at, bytes)
    offset += paddedLength(field)
  }
  return keys
}

function turn(bytes: Uint8Array, at: number, length: number): void {
  bytes.subarray(at, at + length).reverse()
}

function extrasOf(set: ElementsOf, columns: ElementColumns, endianness: Endianness): Map<number, PackedExtra> {
  return new Map([...columns.extras].map(([index, extra]) => [index, kernelExtra(set, extra, endianness)]))
}

function kernelExtra(set: ElementsOf, extra: Extra, endianness: Endianness): PackedExtra {
  const userdata = commentUserdata(extra.comment)
  return {
    ...answerOf(set.value, extra, endianness),
    ...(extra.timeout !== undefined && { timeout: BigInt(extra.timeout) }),
    ...(userdata && { userdata }),
    ...(extra.counter !== undefined && { expressions: [{ expr: 'counter', ...extra.counter }] }),
  }
}

function answerOf(
  type: MapType | undefined,
  extra: Extra,
  endianness: Endianness,
): Pick<PackedExtra, 'data' | 'objref'> {
  if (type === undefined) return {}
  return isObject(extra.value) ? { objref: extra.value.name } : { data: dataOf(type, extra, endianness) }
}

function dataOf(type: MapType, { value }: Extra, endianness: Endianness): Data {
  if (isVerdict(value)) return { verdict: kernelVerdict(value) }
  if (type === 'verdict' || value === undefined || isObjectKind(type) || isObject(value))
    throw new TypeError('a verdict map without a verdict')
  return { value: keyBytes(type, value, { endianness }) }
}

/**
 * Half-open: an element where the interval begins, and one with NFT_SET_ELEM_INTERVAL_END behind its last value.
 * nft marks the space below the first interval with an end at zero, and an interval up to the top, which has nothing
 * behind it, with a note of its own.
 */
function packIntervals(
  set: ElementsOf,
  columns: ElementColumns,
  whole: boolean,
  endianness: Endianness,
): PackedElements {
  const intervals = intervalsOf(columns, merges(set))
  const ranges = rangesOf(columns)
  const rows = new HalfOpen(ranges, 2 * intervals.count + 1)
  if (whole && leavesSpaceBelow(ranges, intervals)) rows.endAtZero()
  for (let n = 0; n < intervals.count; n++) {
    const last = intervals.last[n]!
    const hasEnd = !reachesTop(ranges, last)
    const given = columns.extras.get(intervals.first[n]!)
    const extra = given && kernelExtra(set, given, endianness)
    rows.begin(intervals.first[n]!, hasEnd ? extra : { ...extra, userdata: openNote(extra?.userdata, endianness) })
    // In maps without names the next interval is the end of this one.
    const joins = set.kind === 'anonymous' && n + 1 < intervals.count && follows(ranges, last, intervals.first[n + 1]!)
    if (hasEnd && !joins) rows.end(last)
  }
  return rows.finish()
}

/** The rows of half-open intervals, as they are written one after the other. */
class HalfOpen {
  readonly #ranges: Ranges
  readonly #keys: Uint8Array
  readonly #ends: Uint8Array
  readonly #extras = new Map<number, PackedExtra>()
  #count = 0

  constructor(ranges: Ranges, capacity: number) {
    this.#ranges = ranges
    this.#keys = new Uint8Array(ranges.width * capacity)
    this.#ends = new Uint8Array(capacity)
  }

  endAtZero(): void {
    this.#ends[this.#count++] = 1
  }

  begin(element: number, extra: PackedExtra | undefined): void {
    this.#copy(this.#ranges.first, element)
    if (extra !== undefined) this.#extras.set(this.#count, extra)
    this.#count += 1
  }

  /** Behind the last value of an element. */
  end(element: number): void {
    const { width, last } = this.#ranges
    this.#copy(last, element)
    let at = (this.#count + 1) * width - 1
    while (this.#keys[at] === 0xff) this.#keys[at--] = 0
    this.#keys[at]! += 1
    this.#ends[this.#count++] = 1
  }

  finish(): PackedElements {
    const { width } = this.#ranges
    const keys = this.#keys.subarray(0, this.#count * width)
    return new PackedElements({ width, keys, ends: this.#ends, extras: this.#extras })
  }

  #copy(from: Uint8Array, element: number): void {
    const { width } = this.#ranges
    const [at, to] = [element * width, this.#count * width]
    for (let byte = 0; byte < width; byte++) this.#keys[to + byte] = from[at + byte]!
  }
}

const merges = (set: ElementsOf): boolean =>
  set.kind === 'anonymous' ? set.value === undefined : (set.options?.autoMerge ?? false)

function reachesTop({ width, last }: Ranges, element: number): boolean {
  return isAll(last, element * width, width, 0xff)
}

function leavesSpaceBelow(ranges: Ranges, { count, first }: Intervals): boolean {
  return count > 0 && !isAll(ranges.first, first[0]! * ranges.width, ranges.width, 0)
}

function isAll(bytes: Uint8Array, at: number, length: number, value: number): boolean {
  for (let index = at; index < at + length; index++) if (bytes[index] !== value) return false
  return true
}

const ELEMENT_FLAGS = 1 // NFTNL_UDATA_SET_ELEM_FLAGS
const INTERVAL_OPEN = 1 // SET_ELEM_F_INTERVAL_OPEN

function openNote(comment: Uint8Array | undefined, endianness: Endianness): Uint8Array {
  const out = new Writer(16, { endianness })
  if (comment !== undefined) out.bytes(comment)
  out.u8(ELEMENT_FLAGS)
  out.u8(4)
  u32.write(out, INTERVAL_OPEN)
  return out.finish()
}

/** How nft counts the elements of an interval set that is not going to grow: both ends, and the space below. */
export function segmentCount(set: ElementsOf, columns: ElementColumns): number {
  const intervals = intervalsOf(columns, merges(set))
  return 2 * intervals.count + (leavesSpaceBelow(rangesOf(columns), intervals) ? 1 : 0)
}

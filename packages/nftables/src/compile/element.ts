import { u32, Writer } from '@sallyport/linux'
import type { Data } from '../expr/index.ts'
import { commentUserdata, type KernelElement } from '../messages/index.ts'
import { datatype } from '../model/datatype.ts'
import { type Element, isVerdict, type MapType } from '../model/element.ts'
import { ModelError } from '../model/error.ts'
import { formatInterval, type Interval } from '../model/interval.ts'
import type { Key } from '../model/key.ts'
import { kernelVerdict } from './action.ts'
import { keyBytes, orderedBytes } from './bytes.ts'

/** What the compiler has to know of a set to write its elements; set and map definitions are such. */
export interface ElementsOf {
  readonly kind: 'set' | 'map' | 'anonymous'
  readonly type: Key
  readonly value?: MapType | undefined
  readonly isInterval: boolean
  readonly options?: { readonly autoMerge: boolean }
}

interface Options {
  /** These are all elements, of a set that was empty. Default: they join or leave others. */
  readonly whole?: boolean
}

/** Elements as the kernel takes them. Of intervals of one type: where they begin, and where they are over. */
export function compileElements(set: ElementsOf, elements: readonly Element[], options: Options = {}): KernelElement[] {
  if (!set.isInterval) return elements.map((element) => kernelElement(set, element, {}))
  if (typeof set.type !== 'string') return elements.map((element) => kernelElement(set, element, { sorted: true }))
  return compileIntervals(set, elements, options.whole ?? false)
}

/** In concatenations with ranges every element has two keys, and both ends belong to it. */
function kernelElement(set: ElementsOf, element: Element, { sorted = false }: { sorted?: boolean }): KernelElement {
  const userdata = commentUserdata(element.comment)
  return {
    key: keyBytes(set.type, element.key, { sorted }),
    ...(sorted && { keyEnd: keyBytes(set.type, element.key, { sorted, end: true }) }),
    ...(set.value !== undefined && { data: dataOf(set.value, element) }),
    ...(element.timeout !== undefined && { timeout: BigInt(element.timeout) }),
    ...(userdata && { userdata }),
  }
}

function dataOf(type: MapType, { value }: Element): Data {
  if (isVerdict(value)) return { verdict: kernelVerdict(value) }
  if (type === 'verdict' || value === undefined) throw new TypeError('a verdict map without a verdict')
  return { value: keyBytes(type, value) }
}

/**
 * Half-open: an element where the interval begins, and one with NFT_SET_ELEM_INTERVAL_END behind its last value.
 * nft marks the space below the first interval with an end at zero, and an interval up to the top, which has nothing
 * behind it, with a note of its own.
 */
function compileIntervals(set: ElementsOf, elements: readonly Element[], whole: boolean): KernelElement[] {
  const type = datatype(set.type as Parameters<typeof datatype>[0])
  const top = (1n << BigInt(8 * type.length)) - 1n
  const intervals = sortedIntervals(set, elements)
  const end = (value: bigint): KernelElement => ({
    key: orderedBytes(value, type.length, 'network'),
    flags: ['interval_end'],
  })
  const out = whole && leavesSpaceBelow(intervals) ? [end(0n)] : []
  for (const [index, element] of intervals.entries()) {
    const { first, last } = rangeOf(element)
    const begin = { ...kernelElement(set, element, {}), key: orderedBytes(first, type.length, 'network') }
    out.push(last === top ? { ...begin, userdata: openNote(begin.userdata) } : begin)
    if (last < top && !joins(set, intervals[index + 1], last)) out.push(end(last + 1n))
  }
  return out
}

/** In maps without names the next interval is the end of this one. */
function joins(set: ElementsOf, next: Element | undefined, last: bigint): boolean {
  return set.kind === 'anonymous' && next !== undefined && rangeOf(next).first === last + 1n
}

const ELEMENT_FLAGS = 1 // NFTNL_UDATA_SET_ELEM_FLAGS
const INTERVAL_OPEN = 1 // SET_ELEM_F_INTERVAL_OPEN

function openNote(comment: Uint8Array | undefined): Uint8Array {
  const out = new Writer(16)
  if (comment !== undefined) out.bytes(comment)
  out.u8(ELEMENT_FLAGS)
  out.u8(4)
  u32.write(out, INTERVAL_OPEN)
  return out.finish()
}

/** By their beginnings; overlaps are joined where the set allows it, and refused with both offenders otherwise. */
function sortedIntervals(set: ElementsOf, elements: readonly Element[]): Element[] {
  const merges = set.kind === 'anonymous' ? set.value === undefined : (set.options?.autoMerge ?? false)
  const sorted = elements.toSorted((a, b) => compare(rangeOf(a).first, rangeOf(b).first))
  const out: Element[] = []
  for (const element of sorted) {
    const previous = out.at(-1)
    if (previous !== undefined && merges && touches(previous, element)) out[out.length - 1] = join(previous, element)
    else if (previous !== undefined && rangeOf(previous).last >= rangeOf(element).first)
      throw overlap(set, previous, element)
    else out.push(element)
  }
  return out
}

/** The interval of an element of a set of one type. */
const rangeOf = ({ key }: Element): Interval => key[0]!

function leavesSpaceBelow([lowest]: readonly Element[]): boolean {
  return lowest !== undefined && rangeOf(lowest).first > 0n
}

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0)

const touches = (a: Element, b: Element): boolean => rangeOf(a).last + 1n >= rangeOf(b).first

function join(a: Element, b: Element): Element {
  const [longer] = [rangeOf(a), rangeOf(b)].toSorted((x, y) => compare(y.last, x.last))
  return { ...a, key: [{ first: rangeOf(a).first, last: longer!.last }] }
}

function overlap(set: ElementsOf, a: Element, b: Element): ModelError {
  const text = (element: Element): string =>
    formatInterval(set.type as Parameters<typeof formatInterval>[0], rangeOf(element))
  return new ModelError(`${text(a)} and ${text(b)} overlap`, 'a value can be in one element only; autoMerge joins them')
}

/** How nft counts the elements of an interval set that is not going to grow: both ends, and the space below. */
export function segmentCount(set: ElementsOf & { readonly elements: readonly Element[] }): number {
  const intervals = sortedIntervals(set, set.elements)
  return 2 * intervals.length + (leavesSpaceBelow(intervals) ? 1 : 0)
}

import { littleEndian } from '@sallyport/linux'
import { commentOf, type KernelElement } from '../messages/index.ts'
import { bytesToBigint } from '../model/address.ts'
import { datatype, type TypeName } from '../model/datatype.ts'
import type { Counted } from '../model/element.ts'
import type { Interval } from '../model/interval.ts'
import { fieldTypes, formatKeyValue, type KeyValue, paddedLength } from '../model/key.ts'
import { wholeIntervals } from './diff.ts'
import type { ElementsOf } from './element.ts'

/** An element as the kernel has it, in a person's terms. */
export interface ListedElement {
  /** As nft writes it: `10.0.0.0/8`, `tcp . 22`. */
  readonly text: string
  readonly key: KeyValue
  readonly comment?: string
  /** Milliseconds; absent when it is the set's. */
  readonly timeout?: number
  /** Milliseconds that it has left. */
  readonly expires?: number
  readonly counter?: Counted
}

/** Elements of a set whose type is known, read back: two ends become one interval, bytes become text. */
export function listElements(set: ElementsOf, elements: Iterable<KernelElement>): ListedElement[] {
  if (!set.isInterval || typeof set.type !== 'string') return Array.from(elements, (element) => listed(set, element))
  return wholeIntervals(elements)
    .filter(([begin]) => !begin!.flags?.includes('interval_end')) // the end at zero
    .map(([begin, end]) => listed(set, begin!, end ? before(end.key!) : new Uint8Array(begin!.key!.length).fill(0xff)))
}

function listed(set: ElementsOf, element: KernelElement, end: Uint8Array | undefined = element.keyEnd): ListedElement {
  const key = keyOf(set, element.key!, end ?? element.key!)
  const { timeout, expiration, expressions = [] } = element
  const comment = commentOf(element)
  const counter = expressions.find((expression) => expression.expr === 'counter')
  return {
    text: formatKeyValue(set.type, key),
    key,
    ...(comment !== undefined && { comment }),
    ...(timeout !== undefined && { timeout: Number(timeout) }),
    ...(expiration !== undefined && { expires: Number(expiration) }),
    ...(counter && { counter: { packets: counter.packets ?? 0n, bytes: counter.bytes ?? 0n } }),
  }
}

/** The last value of an interval that is over at `end`. */
function before(end: Uint8Array): Uint8Array {
  const last = end.slice()
  let at = last.length - 1
  while (last[at] === 0) last[at--] = 0xff
  last[at]! -= 1
  return last
}

function keyOf(set: ElementsOf, first: Uint8Array, last: Uint8Array): KeyValue {
  let offset = 0
  return fieldTypes(set.type).map((name) => {
    const { length, order } = datatype(name)
    const at = offset
    offset += paddedLength(name)
    const host = order === 'host' && !set.isInterval
    return intervalOf(name, numberAt(first, at, length, host), numberAt(last, at, length, host))
  })
}

function numberAt(bytes: Uint8Array, at: number, length: number, host: boolean): bigint {
  const part = bytes.slice(at, at + length)
  return bytesToBigint(host && littleEndian ? part.reverse() : part)
}

/** A range of addresses of the size and place of a prefix is one. */
function intervalOf(type: TypeName, first: bigint, last: bigint): Interval {
  const size = last - first + 1n
  const isPrefix = first !== last && (size & (size - 1n)) === 0n && first % size === 0n
  if (!isPrefix || (type !== 'ipv4_addr' && type !== 'ipv6_addr')) return { first, last }
  return { first, last, prefix: 8 * datatype(type).length - (size.toString(2).length - 1) }
}

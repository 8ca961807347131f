import type { KernelElement, KernelSet } from '@sallyport/nftables'

/** Sets of intervals of one type: the kernel keeps an element where one begins, and one behind its last value. */
export function holdsHalves(set: KernelSet): boolean {
  return set.flags.includes('interval') && !set.flags.includes('concat')
}

/**
 * The elements of such a set in groups that come and go together: the two ends of an interval, or one alone (the end
 * at zero that nft begins with; an interval that reaches to the top). Half an interval would mean something else.
 */
export function wholeIntervals(elements: readonly KernelElement[]): KernelElement[][] {
  const groups: KernelElement[][] = []
  let open: KernelElement[] | undefined
  for (const element of [...elements].sort(byPlace)) {
    const ends = isEnd(element)
    if (ends && open !== undefined) open.push(element)
    else groups.push([element])
    open = ends ? undefined : groups.at(-1)
  }
  return groups
}

/** A whole interval as one element with both its keys, for people; none of an end that stands alone. */
export function asRange([begin, end]: readonly KernelElement[]): KernelElement[] {
  if (begin?.key === undefined || isEnd(begin)) return []
  const last = end?.key === undefined ? new Uint8Array(begin.key.length).fill(0xff) : oneLess(end.key)
  return [{ key: begin.key, keyEnd: last }]
}

function oneLess(key: Uint8Array): Uint8Array {
  const less = Uint8Array.from(key)
  let at = less.length - 1
  while (less[at] === 0) less[at--] = 0xff
  less[at]! -= 1
  return less
}

const isEnd = ({ flags = [] }: KernelElement): boolean => flags.includes('interval_end')

/** By key; an end comes before the beginning that stands at the same place. */
function byPlace(a: KernelElement, b: KernelElement): number {
  const order = Buffer.compare(a.key ?? new Uint8Array(), b.key ?? new Uint8Array())
  return order !== 0 ? order : Number(isEnd(b)) - Number(isEnd(a))
}

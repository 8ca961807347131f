import type { KernelElement } from '@sallyport/nftables'

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

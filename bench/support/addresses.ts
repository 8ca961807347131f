/** Any number of different addresses, spread over all of IPv4 but 0.0.0.0/8 and 255.0.0.0/8, in no order. */
export function addresses(count: number): string[] {
  const found: string[] = []
  for (let n = 0; found.length < count; n++) {
    const bits = Math.imul(n, 2_654_435_761) >>> 0 // odd: a permutation of all 32-bit numbers
    const first = bits >>> 24
    if (first > 0 && first < 255) found.push([first, (bits >>> 16) & 255, (bits >>> 8) & 255, bits & 255].join('.'))
  }
  return found
}

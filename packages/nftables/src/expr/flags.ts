import { type Field, mapped, type Names } from '@sallyport/linux'

/** A bit that has no name here, as its value in hexadecimal: kept and written back. */
export type UnnamedBit = `0x${string}`

/** A bit mask as the list of the names of its bits, lowest bit first. */
export function flags<N extends string>(field: Field<number>, names: Names<N>): Field<(N | UnnamedBit)[]> {
  const byBit = new Map(Object.entries<number>(names).map(([name, bit]) => [bit, name as N]))
  return mapped(
    field,
    (mask) => bitsOf(mask).map((bit) => byBit.get(bit) ?? (`0x${bit.toString(16)}` as UnnamedBit)),
    (list) => list.reduce((mask, name) => (mask | (names[name as N] ?? Number(name))) >>> 0, 0),
  )
}

function bitsOf(mask: number): number[] {
  return Array.from({ length: 32 }, (_, index) => (1 << index) >>> 0).filter((bit) => (mask & bit) !== 0)
}

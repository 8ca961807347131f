import { mapped } from './attributes.ts'
import { type Field, Malformed } from './field.ts'

/** Numbers of an enumeration under the names that the code uses. */
export type Names<N extends string> = Readonly<Record<N, number>>

/** A field whose numbers have names; a number without one is {@link Malformed}. */
export function named<N extends string>(field: Field<number>, names: Names<N>): Field<N> {
  const byNumber = new Map<number, N>((Object.keys(names) as N[]).map((name) => [names[name], name]))
  return mapped(
    field,
    (number) => {
      const name = byNumber.get(number)
      if (name === undefined) throw new Malformed(`${number} is none of ${Object.keys(names).join(', ')}`)
      return name
    },
    (name) => {
      if (!Object.hasOwn(names, name)) throw new RangeError(`'${name}' is none of ${Object.keys(names).join(', ')}`)
      return names[name]
    },
  )
}

/** Flags by name; a bit without a name is `bit 17`, so that nothing is lost on the way. */
export type Flags<N extends string> = ReadonlySet<N | UnnamedBit>
export type UnnamedBit = `bit ${number}`

/** A field of 32 bits or fewer whose bits have names; `names` are masks of one bit each. */
export function flagSet<N extends string>(field: Field<number>, names: Names<N>): Field<Flags<N>> {
  const byMask = new Map<number, N>((Object.keys(names) as N[]).map((name) => [names[name] >>> 0, name]))
  const nameOf = (bit: number): N | UnnamedBit => byMask.get(2 ** bit) ?? `bit ${bit}`
  return mapped<number, Flags<N>>(
    field,
    (mask) =>
      new Set(
        Array.from({ length: 32 }, (_, bit) => bit)
          .filter((bit) => hasBit(mask, bit))
          .map(nameOf),
      ),
    (flags) => Array.from(flags, (flag) => maskOf(flag, names)).reduce((sum, mask) => (sum | mask) >>> 0, 0),
  )
}

function hasBit(mask: number, bit: number): boolean {
  return ((mask >>> bit) & 1) === 1
}

function maskOf<N extends string>(flag: N | UnnamedBit, names: Names<N>): number {
  if (Object.hasOwn(names, flag)) return names[flag as N]
  const [, bit] = /^bit (\d|[12]\d|3[01])$/.exec(flag) ?? []
  if (bit === undefined) throw new RangeError(`'${flag}' is none of ${Object.keys(names).join(', ')}`)
  return 2 ** Number(bit)
}

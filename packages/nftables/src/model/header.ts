import type { PayloadBase } from '../expr/index.ts'
import type { TypeName } from './datatype.ts'
import type { PayloadSource, Protocol } from './source.ts'
import { WritableField } from './writable.ts'

/** The fields of a header, by name. */
export type Header<F extends Readonly<Record<string, TypeName>>> = {
  readonly [Name in keyof F]: WritableField<F[Name]>
}

/** In bits from the beginning of the header; nft's number of the field; what ICMP messages have it; nft's word. */
interface Place {
  readonly at: number
  readonly bits: number
  readonly field: number
  readonly icmpTypes?: readonly number[]
  readonly word?: string
}

type Row<T extends TypeName> = readonly [type: T, at: number, bits: number, field: number, more?: Partial<Place>]

export function header<F extends Readonly<Record<string, TypeName>>>(
  protocol: Protocol,
  base: PayloadBase,
  rows: { readonly [Name in keyof F]: Row<F[Name]> },
): Header<F> {
  const fields = Object.entries(rows as Readonly<Record<string, Row<TypeName>>>).map(([name, row]) => {
    const [type, at, bits, field, more] = row
    const source = place(protocol, base, { at, bits, field, ...more })
    return [name, new WritableField(type, source, `${protocol} ${more?.word ?? name}`, { length: source.length })]
  })
  return Object.fromEntries(fields) as Header<F>
}

/** The bytes that a field lies in. */
function place(protocol: Protocol, base: PayloadBase, { at, bits, field, icmpTypes }: Place): PayloadSource {
  const offset = Math.floor(at / 8)
  const end = Math.ceil((at + bits) / 8)
  const whole = at % 8 === 0 && bits % 8 === 0
  return {
    from: 'payload',
    protocol,
    base,
    offset,
    length: end - offset,
    field,
    ...(!whole && { bits: { shift: 8 * end - at - bits, width: bits } }),
    ...(icmpTypes && { icmpTypes }),
  }
}

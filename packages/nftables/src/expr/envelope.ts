import { attributes, type Codec, type Field, Malformed, raw, text } from '@sallyport/linux'
import type { ExpressionCodec } from './table.ts'
import type { UnknownExpression } from './unknown.ts'

/** enum nft_expr_attributes */
interface Envelope {
  name: string
  data?: Uint8Array
}

const envelope: Codec<Envelope> = attributes<Envelope>('expression', {
  name: [1, text, 'NFTA_EXPR_NAME'],
  data: [2, { ...raw, nested: true }, 'NFTA_EXPR_DATA'],
})

type AnyCodec = ExpressionCodec<{ expr: string }>

/** One codec per kind: a kind that is forgotten doesn't compile. */
export type CodecsOf<E extends { expr: string }> = { readonly [Each in E as Each['expr']]: ExpressionCodec<Each> }

/** Expressions of a few kinds with their names around them; what is of no kind is kept as {@link UnknownExpression}. */
export interface ExpressionField<E extends { expr: string }> extends Field<E | UnknownExpression> {
  canonical(expression: E | UnknownExpression): E | UnknownExpression
}

export function expressionField<E extends { expr: string }>(codecs: CodecsOf<E>): ExpressionField<E> {
  const byName = new Map(Object.entries(codecs) as unknown as [string, AnyCodec][])
  const codecOf = (value: { expr: string }): AnyCodec => {
    const codec = byName.get(value.expr)
    if (codec === undefined) throw new TypeError(`expression '${value.expr}' cannot stand here`)
    return codec
  }
  const wrap = (value: E | UnknownExpression): Envelope => {
    if (isUnknown(value)) return value
    const codec = codecOf(value)
    return codec.bare ? { name: codec.name } : { name: codec.name, data: codec.encode(value) }
  }
  return {
    nested: true,
    write: (out, value) => envelope.write(out, wrap(value)),
    read: (bytes) => unwrap(envelope.read(bytes), byName) as E | UnknownExpression,
    pathAt: (bytes, offset) => pathIn(byName, bytes, offset),
    canonical: (value) => (isUnknown(value) ? value : (codecOf(value).canonical(value) as E)),
  }
}

function isUnknown(value: { expr: string }): value is UnknownExpression {
  return value.expr === 'unknown'
}

function unwrap({ name, data }: Envelope, codecs: ReadonlyMap<string, AnyCodec>): { expr: string } {
  const codec = codecs.get(name)
  const asItIs: UnknownExpression = { expr: 'unknown', name, ...(data && { data }) }
  if (codec === undefined) return asItIs
  try {
    return codec.decode(data ?? new Uint8Array())
  } catch (error) {
    if (error instanceof Malformed) return asItIs // a newer kernel's key or operation
    throw error
  }
}

/** Names the expression and its attribute: `NFTA_EXPR_DATA`, `NFTA_NAT_FAMILY`. */
function pathIn(codecs: ReadonlyMap<string, AnyCodec>, bytes: Uint8Array, offset: number): string[] {
  const { name, data } = envelope.read(bytes)
  const path = envelope.pathAt(bytes, offset)
  if (path.at(-1) !== 'NFTA_EXPR_DATA' || data === undefined) return [name, ...path]
  const inside = offset - (bytes.length - data.length)
  return [name, ...path, ...(inside < 0 ? [] : (codecs.get(name)?.pathAt(data, inside) ?? []))]
}

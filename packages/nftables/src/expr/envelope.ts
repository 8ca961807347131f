import {
  attributes,
  type Codec,
  type Endianness,
  type Field,
  Malformed,
  memoryOf,
  remember,
  text,
  type Unknown,
  unknown,
} from '@sallyport/linux'
import type { ExpressionCodec } from './table.ts'
import type { UnknownExpression } from './unknown.ts'

/** enum nft_expr_attributes, as one value writes itself and another is read. */
interface Envelope {
  name: string
  data?: Content
}

/** What stands in NFTA_EXPR_DATA, or NFTA_OBJ_DATA: bytes on reading, a value with its codec on writing. */
export type Content = { bytes: Uint8Array } | { codec: Pick<AnyCodec, 'write'>; value: { expr: string } }

export const content: Field<Content> = {
  nested: true,
  write: (out, data) => ('bytes' in data ? out.bytes(data.bytes) : data.codec.write(out, data.value)),
  read: (bytes) => ({ bytes }),
}

const envelope: Codec<Envelope> = attributes<Envelope>('expression', {
  name: [1, text, 'NFTA_EXPR_NAME'],
  data: [2, content, 'NFTA_EXPR_DATA'],
})

type AnyCodec = ExpressionCodec<{ expr: string }>

/** Attributes beside NFTA_EXPR_NAME and NFTA_EXPR_DATA that have no name here: kept and written back. */
export const besideData: unique symbol = Symbol('attributes beside the data of an expression')

/** One codec per kind: a kind that is forgotten doesn't compile. */
export type CodecsOf<E extends { expr: string }> = { readonly [Each in E as Each['expr']]: ExpressionCodec<Each> }

/** Expressions of a few kinds with their names around them; what is of no kind is kept as {@link UnknownExpression}. */
export interface ExpressionField<E extends { expr: string }> extends Field<E | UnknownExpression> {
  canonical(expression: E | UnknownExpression): E | UnknownExpression
}

export function expressionField<E extends { expr: string }>(codecs: CodecsOf<E>): ExpressionField<E> {
  const list = Object.values(codecs) as unknown as AnyCodec[]
  const byName = new Map(Object.entries(codecs) as unknown as [string, AnyCodec][])
  const codecOf = (value: { expr: string }): AnyCodec => {
    const codec = byName.get(value.expr)
    if (codec === undefined) throw new TypeError(`expression '${value.expr}' cannot stand here`)
    return codec
  }
  return {
    nested: true,
    allMacros: Object.assign({}, envelope.allMacros, ...list.map(({ allMacros }) => allMacros)),
    write: (out, value) => {
      const bare = isUnknown(value) ? unwrapped(value) : wrapped(codecOf(value), value)
      envelope.write(out, around(bare, value))
    },
    read: (bytes, endianness) => {
      const outer = envelope.read(bytes, endianness)
      return inside(unwrap(outer, byName, endianness), outer) as E | UnknownExpression
    },
    pathAt: (bytes, offset) => pathIn(byName, bytes, offset),
    canonical: (value) => (isUnknown(value) ? value : (codecOf(value).canonical(value) as E)),
  }
}

function unwrapped({ name, data }: UnknownExpression): Envelope {
  return data === undefined ? { name } : { name, data: { bytes: data } }
}

/** An expression without attributes goes without data, unless it was read with some. */
function wrapped(codec: AnyCodec, value: { expr: string }): Envelope {
  const { name } = codec
  const empty = codec.bare && !(unknown in value) && memoryOf(value)?.source !== withData
  return empty ? { name } : { name, data: { codec, value } }
}

/** The memory of an expression that has no attributes and came with data all the same. */
const withData = {}

/** The envelope as the expression remembers it. */
function around(bare: Envelope, value: object): Envelope {
  const rest = (value as { [besideData]?: Unknown[typeof unknown] })[besideData]
  const whole = rest === undefined ? bare : { ...bare, [unknown]: rest }
  const layout = memoryOf(value)?.outer
  return layout === undefined ? whole : remember(whole, { layout })
}

/** The expression, which remembers its envelope. */
function inside<E extends { expr: string }>(expression: E, outer: Envelope & Unknown): E {
  const layout = memoryOf(outer)?.layout
  const rest = outer[unknown]
  const kept = rest === undefined ? expression : Object.assign(expression, { [besideData]: rest })
  return layout === undefined ? kept : remember(kept, { outer: layout })
}

function isUnknown(value: { expr: string }): value is UnknownExpression {
  return value.expr === 'unknown'
}

function unwrap(
  { name, data }: Envelope,
  codecs: ReadonlyMap<string, AnyCodec>,
  endianness: Endianness | undefined,
): { expr: string } {
  const codec = codecs.get(name)
  const bytes = data !== undefined && 'bytes' in data ? data.bytes : undefined
  const asItIs = (): UnknownExpression => ({ expr: 'unknown', name, ...(bytes && { data: Uint8Array.from(bytes) }) })
  if (codec === undefined || (bytes === undefined && !codec.bare)) return asItIs()
  try {
    const value = codec.decode(bytes ?? new Uint8Array(), endianness)
    return codec.bare && bytes !== undefined ? remember(value, { source: withData }) : value
  } catch (error) {
    if (error instanceof Malformed) return asItIs() // a newer kernel's key or operation
    throw error
  }
}

/** Names the expression and its attribute: `NFTA_EXPR_DATA`, `NFTA_NAT_FAMILY`. */
function pathIn(codecs: ReadonlyMap<string, AnyCodec>, bytes: Uint8Array, offset: number): string[] {
  const { name, data } = envelope.read(bytes)
  const path = envelope.pathAt(bytes, offset)
  if (path.at(-1) !== 'NFTA_EXPR_DATA' || data === undefined || !('bytes' in data)) return [name, ...path]
  const into = offset - (data.bytes.byteOffset - bytes.byteOffset)
  return [name, ...path, ...(into < 0 ? [] : (codecs.get(name)?.pathAt(data.bytes, into) ?? []))]
}

import { attributes, type Codec, type Table } from '@sallyport/linux'

/** Codec of what stands in NFTA_EXPR_DATA, and the form in which two expressions of this kind compare. */
export interface ExpressionCodec<E> extends Codec<E> {
  /** The same expression without what the kernel counts, and without what it does not tell apart. */
  canonical(expression: E): E
  /** True for an expression without attributes: it goes without NFTA_EXPR_DATA. */
  readonly bare: boolean
}

/**
 * One kernel expression from its attribute table. `canonical` is for what the kernel changes between writing and dump,
 * `sendable` for what it dumps and does not take back: used when a value is written afresh.
 */
export function expression<E extends { expr: string }>(
  name: E['expr'],
  table: Table<Omit<E, 'expr'>>,
  canonical: (expression: E) => E = (same) => same,
  sendable?: (expression: E) => E,
): ExpressionCodec<E> {
  const codec = attributes<Omit<E, 'expr'>>(name, table, { expr: name }) as unknown as Codec<E>
  const sent = (value: E, afresh: boolean): E => (afresh && sendable !== undefined ? sendable(value) : value)
  return {
    ...codec,
    ...(sendable && {
      write: (out, value) => codec.write(out, sent(value, out.afresh)),
      encode: (value, options) => codec.encode(sent(value, options?.afresh === true), options),
    }),
    canonical: (value) => canonical(withShortRegisters(value)),
    bare: Object.keys(table).length === 0,
  }
}

/** NFT_REG32_00, _04, _08 and _12 are the beginnings of NFT_REG_1 to 4, and the kernel dumps them as such. */
function withShortRegisters<E extends object>(expression: E): E {
  const registers = Object.entries(expression).filter(([key, value]) => /reg/i.test(key) && typeof value === 'number')
  const short = registers.map(([key, value]) => [key, value >= 8 && value % 4 === 0 ? value / 4 - 1 : value])
  return { ...expression, ...Object.fromEntries(short) }
}

/** The same without one property, if it has the value that the kernel assumes when it is absent. */
export function withoutDefault<E extends object, K extends keyof E>(expression: E, key: K, value: E[K]): E {
  if (expression[key] !== value) return expression
  const { [key]: _, ...rest } = expression
  return rest as E
}

/** The same without an empty list of flags. */
export function withoutNoFlags<E extends { flags?: readonly string[] }>(expression: E): E {
  if (expression.flags === undefined || expression.flags.length > 0) return expression
  const { flags: _, ...rest } = expression
  return rest as E
}

import { listOf, named, text, u32be, u64be } from '@sallyport/linux'
import { exactly } from './exactly.ts'
import { flags, type UnnamedBit } from './flags.ts'
import { fromOneOrMany, type OneOrMany, type StatefulExpression, statefulExpression, toOneOrMany } from './stateful.ts'
import { type ExpressionCodec, expression, withoutDefault, withoutNoFlags } from './table.ts'

/** enum nft_dynset_ops */
export const dynsetOps = {
  add: 0, // NFT_DYNSET_OP_ADD
  update: 1, // NFT_DYNSET_OP_UPDATE
  delete: 2, // NFT_DYNSET_OP_DELETE
} as const
export type DynsetOp = keyof typeof dynsetOps

/** enum nft_dynset_flags */
export const dynsetFlags = {
  inv: 1, // NFT_DYNSET_F_INV
  expr: 2, // NFT_DYNSET_F_EXPR: the kernel wants it with several expressions; written then, and left out on reading
} as const

type DynsetFlag = keyof typeof dynsetFlags | UnnamedBit

/** Adds, refreshes or deletes an element from the packet path. */
export interface Dynset {
  expr: 'dynset'
  setName: string
  setId?: number
  op: DynsetOp
  sregKey: number
  sregData?: number
  /** Milliseconds. Absent: the set's own; 0 says the same, and is read and written as absent. */
  timeout?: bigint
  /** What each new element carries. Not for sets that have expressions of their own: the kernel dumps only the set's. */
  expressions?: StatefulExpression[]
  flags?: DynsetFlag[]
}

type Wire = Omit<Dynset, 'expressions'> & OneOrMany

const wire: ExpressionCodec<Wire> = expression<Wire>('dynset', {
  sregKey: [4, u32be, 'NFTA_DYNSET_SREG_KEY'],
  sregData: [5, u32be, 'NFTA_DYNSET_SREG_DATA'],
  op: [3, named(u32be, dynsetOps), 'NFTA_DYNSET_OP'],
  timeout: [6, u64be, 'NFTA_DYNSET_TIMEOUT'],
  setName: [1, text, 'NFTA_DYNSET_SET_NAME'],
  setId: [2, u32be, 'NFTA_DYNSET_SET_ID'],
  expression: [7, statefulExpression, 'NFTA_DYNSET_EXPR'],
  expressions: [10, listOf(1, statefulExpression, 'NFTA_LIST_ELEM'), 'NFTA_DYNSET_EXPRESSIONS'],
  flags: [9, flags(u32be, dynsetFlags), 'NFTA_DYNSET_FLAGS'],
})

/** The kernel dumps a timeout of 0, and takes none at all for sets without timeouts. */
function toWire(dynset: Dynset): Wire {
  const { expressions, ...rest } = withoutDefault(dynset, 'timeout', 0n)
  const several = expressions !== undefined && expressions.length > 1
  return { ...rest, ...toOneOrMany(expressions), ...(several && { flags: withExpr(rest.flags) }) }
}

function withExpr(flags: DynsetFlag[] = []): DynsetFlag[] {
  return flags.includes('expr') ? flags : [...flags, 'expr']
}

function fromWire({ expression, expressions, flags, ...rest }: Wire): Dynset {
  const kept = expressions === undefined ? flags : flags?.filter((flag) => flag !== 'expr')
  const onlyImplied = expressions !== undefined && kept?.length === 0
  return {
    ...withoutDefault(rest, 'timeout', 0n),
    ...fromOneOrMany({ ...(expression && { expression }), ...(expressions && { expressions }) }),
    ...(kept !== undefined && !onlyImplied && { flags: kept }),
  }
}

function canonical({ setId: _, ...dynset }: Dynset): Dynset {
  const flags = (dynset.flags ?? []).filter((flag) => flag !== 'expr')
  const expressions = dynset.expressions?.map((each) => statefulExpression.canonical(each))
  return withoutNoFlags({ ...dynset, flags, ...(expressions && { expressions }) })
}

export const dynset: ExpressionCodec<Dynset> = {
  ...exactly(wire, toWire, fromWire),
  bare: false,
  canonical: (value) => canonical(fromWire(wire.canonical(toWire(value)))),
}

import { EBUSY, EINVAL, ENOENT, EOPNOTSUPP, u32be, type Writer } from '@sallyport/linux'
import { Attributes, inside, type Located } from './attributes.ts'
import type { Behaviour } from './behaviour.ts'
import { putBytes, putNest, putText } from './fill.ts'
import { forms, inForm, names, stateful } from './forms.ts'
import type { Journal } from './journal.ts'
import { bindSet, lookupSet } from './links.ts'
import { Refusal } from './refusal.ts'
import { NFT_DATA_VERDICT, NFT_SET, NFTA_EXPR, NFTA_LIST_ELEM } from './uapi.ts'
import { readData, type Verdict, writeVerdict } from './verdict.ts'
import { type Chain, type Flowtable, type NamedSet, objectKey, type StatefulObject, type Table } from './world.ts'

export type { Verdict } from './verdict.ts'

/** One expression of a rule, set or element, with what it refers to. */
export interface Expr {
  readonly name: string
  /** Attributes in the kernel's form; undefined: it has none. Names and verdicts are written from the references. */
  readonly data: ReadonlyMap<number, Uint8Array> | undefined
  readonly verdict?: Verdict
  readonly set?: NamedSet
  /** The set is a map whose values go into a register. */
  readonly maps?: boolean
  readonly object?: StatefulObject
  readonly flowtable?: Flowtable
  /** What a dynset gives to new elements. */
  readonly carries?: readonly Expr[]
}

export interface Context {
  readonly journal: Journal
  readonly behaviour: Behaviour
  readonly table: Table
  /** The chain of the rule; absent for what elements carry. */
  readonly chain?: Chain
}

interface Parsed {
  readonly name: string
  readonly attributes: Attributes | undefined
}

/** Name and attributes, before anything is looked up. */
export function parseExpression(located: Located): Parsed {
  const envelope = inside(located)
  const name = envelope.text(NFTA_EXPR.NAME)
  if (name === undefined) throw new Refusal(EINVAL)
  if (!names.has(name)) throw new Refusal(ENOENT)
  return { name, attributes: envelope.nest(NFTA_EXPR.DATA) }
}

/** The expression with what it refers to, counted as used. */
export function makeExpression(context: Context, { name, attributes }: Parsed): Expr {
  const given = attributes ?? new Attributes(new Uint8Array(), 0)
  for (const type of forms[name]?.needs ?? []) if (!given.has(type)) throw new Refusal(EINVAL)
  const sent = new Map([...given].map(({ type, bytes }) => [type, Uint8Array.from(bytes)]))
  const empty = attributes === undefined && forms[name] === undefined
  const plain: Expr = { name, data: empty ? undefined : inForm(name, sent) }
  return { ...plain, ...makers[name]?.(context, given) }
}

const makers: Readonly<Record<string, (context: Context, given: Attributes) => Partial<Expr>>> = {
  immediate: makeImmediate,
  lookup: makeLookup,
  dynset: makeDynset,
  objref: makeObjref,
  flow_offload: makeOffload,
}

function makeImmediate(context: Context, given: Attributes): Partial<Expr> {
  const data = readData(context, given.at(2)!, false)
  const register = given.u32(1)!
  if ('verdict' in data !== (register === 0)) throw new Refusal(EINVAL)
  return 'verdict' in data ? { verdict: data.verdict } : {}
}

const LOOKUP_INV = 1

function makeLookup(context: Context, given: Attributes): Partial<Expr> {
  const set = lookupSet(context, given.text(1)!, given.u32(4))
  const flags = given.u32(5) ?? 0
  if ((flags & ~LOOKUP_INV) !== 0) throw new Refusal(EINVAL)
  const maps = given.has(3)
  if (maps && ((flags & LOOKUP_INV) !== 0 || (set.flags & NFT_SET.MAP) === 0)) throw new Refusal(EINVAL)
  if (maps && (given.u32(3) === 0) !== isVerdictMap(set)) throw new Refusal(EINVAL)
  bindSet(context, set, maps)
  return { set, maps }
}

function isVerdictMap(set: NamedSet): boolean {
  return set.dataType === NFT_DATA_VERDICT
}

function makeDynset(context: Context, given: Attributes): Partial<Expr> {
  const set = lookupSet(context, given.text(1)!, given.u32(2))
  if ((set.flags & NFT_SET.OBJECT) !== 0 || set.backend !== 'rhash') throw new Refusal(EOPNOTSUPP)
  if ((set.flags & NFT_SET.CONSTANT) !== 0) throw new Refusal(EBUSY)
  const operation = given.u32(3)!
  if (operation > 2) throw new Refusal(EOPNOTSUPP)
  if (given.has(6) && (set.flags & NFT_SET.TIMEOUT) === 0) throw new Refusal(EOPNOTSUPP)
  if (given.has(5) && (set.flags & NFT_SET.MAP) === 0) throw new Refusal(EOPNOTSUPP)
  if (!given.has(5) && (set.flags & NFT_SET.MAP) !== 0) throw new Refusal(EINVAL)
  const carries = carriedBy(context, given, 7, 10, set)
  bindSet(context, set, given.has(5))
  if (set.size === 0) set.size = 65535 // for good, whatever becomes of the batch
  return { set, maps: given.has(5), ...(carries.length > 0 && { carries }) }
}

/** What elements get: one expression in an attribute of its own, or several in a list. */
export function carriedBy(
  context: Context,
  given: Attributes,
  one: number,
  several: number,
  set: Pick<NamedSet, 'flags' | 'backend'>,
): Expr[] {
  const single = given.at(one)
  const located = single === undefined ? (given.list(several) ?? []) : [single]
  return located.map((each) => {
    const expression = makeExpression(context, parseExpression(each))
    if (!stateful.has(expression.name)) throw new Refusal(EOPNOTSUPP)
    const collected = expression.name === 'connlimit' // NFT_EXPR_GC
    if (collected && ((set.flags & NFT_SET.TIMEOUT) !== 0 || set.backend !== 'rhash')) throw new Refusal(EOPNOTSUPP)
    return expression
  })
}

function makeObjref(context: Context, given: Attributes): Partial<Expr> {
  if (given.has(3)) {
    const name = given.text(4)
    if (name === undefined) throw new Refusal(EINVAL)
    const set = lookupSet(context, name, given.u32(5))
    if ((set.flags & NFT_SET.OBJECT) === 0) throw new Refusal(EINVAL)
    bindSet(context, set, true)
    return { set, maps: true }
  }
  const name = given.text(2)
  const type = given.u32(1)
  if (name === undefined || type === undefined) throw new Refusal(EOPNOTSUPP)
  const object = context.table.objects.get(objectKey(type, name))
  if (object === undefined) throw new Refusal(ENOENT)
  context.journal.count(object, 1)
  return { object }
}

function makeOffload(context: Context, given: Attributes): Partial<Expr> {
  const name = given.text(1)
  if (name === undefined) throw new Refusal(EINVAL)
  const flowtable = context.table.flowtables.get(name)
  if (flowtable === undefined) throw new Refusal(ENOENT)
  context.journal.count(flowtable, 1)
  return { flowtable }
}

/** NFTA_EXPR_NAME and NFTA_EXPR_DATA. */
export function writeExpression(out: Writer, expression: Expr): void {
  putText(out, NFTA_EXPR.NAME, expression.name)
  const { data } = expression
  if (data === undefined) return
  putNest(out, NFTA_EXPR.DATA, (inner) => {
    for (const [type, bytes] of data) writeAttributeOf(inner, expression, type, bytes)
  })
}

/** Where an expression has the name of its set. */
const setNames: Readonly<Record<string, number>> = { lookup: 1, dynset: 1, objref: 4 }
const DYNSET_EXPR = 7
const DYNSET_EXPRESSIONS = 10

function writeAttributeOf(out: Writer, expression: Expr, type: number, bytes: Uint8Array): void {
  const { name, set, verdict, carries } = expression
  if (set !== undefined && setNames[name] === type) putText(out, type, set.name)
  else if (name === 'immediate' && verdict !== undefined && type === 2) writeVerdict(out, type, verdict)
  else if (name === 'dynset' && type === DYNSET_EXPR)
    putNest(out, type, (inner) => writeExpression(inner, carries![0]!))
  else if (name === 'dynset' && type === DYNSET_EXPRESSIONS) writeExpressions(out, type, carries!)
  else putBytes(out, type, bytes)
}

export function writeExpressions(out: Writer, type: number, list: readonly Expr[]): void {
  putNest(out, type, (inner) => {
    for (const each of list) putNest(inner, NFTA_LIST_ELEM, (element) => writeExpression(element, each))
  })
}

/** A u32 attribute of an expression, as it is dumped. */
export function attributeOf(expression: Expr, type: number): number | undefined {
  const bytes = expression.data?.get(type)
  return bytes && u32be.read(bytes)
}

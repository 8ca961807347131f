import {
  EEXIST,
  EINVAL,
  ENOENT,
  EOPNOTSUPP,
  NLM_F_APPEND,
  NLM_F_CREATE,
  NLM_F_EXCL,
  NLM_F_REPLACE,
} from '@sallyport/linux'
import type { Located } from './attributes.ts'
import { type Context, type Expr, makeExpression, parseExpression } from './expressions.ts'
import type { Journal } from './journal.ts'
import { bindChain, releaseRule } from './links.ts'
import { Refusal } from './refusal.ts'
import { Registers } from './registers.ts'
import type { Request } from './request.ts'
import { type Turn, tableOf } from './turn.ts'
import { NFT_MSG, NFTA_LIST_ELEM, NFTA_RULE } from './uapi.ts'
import { closesLoop, needsValidation, validateTable } from './validate.ts'
import { type Chain, inOrder, isThere, nextHandle, type Rule, type Table } from './world.ts'

const MOST_EXPRESSIONS = 128 // NFT_RULE_MAXEXPRS

export function newRule(turn: Turn): void {
  const { journal, request } = turn
  const table = tableOf(turn, NFTA_RULE.TABLE)
  const chain = chainOf(turn, table)
  const place = placeOf(turn, table, chain)
  const mark = journal.mark()
  try {
    const expressions = makeAll({ journal, behaviour: turn.behaviour, table, chain }, request)
    const userdata = request.bytes(NFTA_RULE.USERDATA)
    insertRule(
      turn,
      { chain, handle: place.handle, expressions, userdata: userdata?.length ? userdata : undefined },
      place,
    )
  } catch (error) {
    journal.rollback(mark)
    throw error
  }
  if (journal.validation === 'do') validateTable(table)
}

function chainOf({ journal, request }: Turn, table: Table): Chain {
  const name = request.text(NFTA_RULE.CHAIN)
  if (name !== undefined) return chainNamed(table, request, name)
  const id = request.u32(NFTA_RULE.CHAIN_ID)
  if (id === undefined) throw new Refusal(EINVAL)
  const chain = journal.chainIds.first(id, (each) => each.table === table && isThere(each))
  if (chain === undefined) throw request.refusal(ENOENT, NFTA_RULE.CHAIN_ID)
  return chain
}

function chainNamed(table: Table, request: Request, name: string): Chain {
  const chain = table.chains.get(name)
  if (chain === undefined) throw request.refusal(ENOENT, NFTA_RULE.CHAIN)
  if (chain.bound) throw new Refusal(EOPNOTSUPP)
  return chain
}

interface Place {
  readonly handle: bigint
  /** The rule that is replaced. */
  readonly old?: Rule
  /** The rule that it is put before or behind. */
  readonly beside?: Rule
}

function placeOf(turn: Turn, table: Table, chain: Chain): Place {
  const { request } = turn
  const handle = request.u64(NFTA_RULE.HANDLE)
  if (handle === undefined) {
    if (!request.is(NLM_F_CREATE) || request.is(NLM_F_REPLACE)) throw new Refusal(EINVAL)
    return { handle: nextHandle(table), ...besideOf(turn, chain) }
  }
  const old = ruleWith(chain, handle)
  if (old === undefined) throw request.refusal(ENOENT, NFTA_RULE.HANDLE)
  if (request.is(NLM_F_EXCL)) throw request.refusal(EEXIST, NFTA_RULE.HANDLE)
  if (!request.is(NLM_F_REPLACE)) throw new Refusal(EOPNOTSUPP)
  return { handle: old.handle, old }
}

function besideOf({ journal, request }: Turn, chain: Chain): { beside?: Rule } {
  const position = request.u64(NFTA_RULE.POSITION)
  const id = request.u32(NFTA_RULE.POSITION_ID)
  if (position === undefined && id === undefined) return {}
  const type = position === undefined ? NFTA_RULE.POSITION_ID : NFTA_RULE.POSITION
  const beside = position === undefined ? ruleOfBatch(journal, id!, chain) : ruleWith(chain, position)
  if (beside === undefined) throw request.refusal(ENOENT, type)
  return { beside }
}

function ruleOfBatch(journal: Journal, id: number, chain: Chain): Rule | undefined {
  return journal.ruleIds.first(id, (rule) => rule.chain === chain && chain.rules.includes(rule))
}

function ruleWith(chain: Chain, handle: bigint): Rule | undefined {
  return chain.rules.find((rule) => rule.handle === handle)
}

/** First all are parsed, then all are made: an unknown one is found before the others are looked at. */
function makeAll(context: Context, request: Request): Expr[] {
  const list = request.list(NFTA_RULE.EXPRESSIONS) ?? []
  if (list.some(({ type }) => type !== NFTA_LIST_ELEM) || list.length > MOST_EXPRESSIONS) throw new Refusal(EINVAL)
  const parsed = list.map((located) => pointing(located, () => parseExpression(located)))
  const registers = context.behaviour.tracksRegisters ? new Registers() : undefined
  return parsed.map((each, index) =>
    pointing(list[index]!, () => {
      const expression = makeOne(context, each)
      if (each.attributes !== undefined) registers?.pass(expression, each.attributes)
      return expression
    }),
  )
}

function makeOne(context: Context, parsed: ReturnType<typeof parseExpression>): Expr {
  const expression = makeExpression(context, parsed)
  if (context.behaviour.findsLoops) closesLoop(context.chain!, expression)
  bindChain(context.journal, expression)
  if (needsValidation(expression) && context.journal.validation === 'skip') context.journal.validation = 'need'
  return expression
}

/** Refusals point at the expression, whatever inside it is at fault. */
function pointing<T>({ offset }: Located, fn: () => T): T {
  try {
    return fn()
  } catch (error) {
    throw error instanceof Refusal ? new Refusal(error.errno, offset) : error
  }
}

function insertRule({ journal, request }: Turn, rule: Rule, { old, beside }: Place): void {
  const { rules } = rule.chain
  if (old !== undefined) {
    const at = rules.indexOf(old)
    removeRule(journal, request, old)
    journal.insert(rules, at, rule)
  } else if (request.is(NLM_F_APPEND)) {
    journal.insert(rules, beside === undefined ? rules.length : rules.indexOf(beside) + 1, rule)
  } else {
    journal.insert(rules, beside === undefined ? 0 : rules.indexOf(beside), rule)
  }
  journal.count(rule.chain, 1)
  journal.ruleIds.give(request.u32(NFTA_RULE.ID), rule)
  journal.tell(request, 'new', { kind: 'rule', object: rule })
}

export function deleteRule(turn: Turn): void {
  const { journal, request } = turn
  const table = tableOf(turn, NFTA_RULE.TABLE)
  const name = request.text(NFTA_RULE.CHAIN)
  if (name === undefined) {
    for (const chain of inOrder(table.chains)) removeRules(journal, request, chain)
    return
  }
  if (!table.chains.has(name) && request.message === NFT_MSG.DESTROYRULE) return
  const chain = chainNamed(table, request, name)
  const handle = request.u64(NFTA_RULE.HANDLE)
  const id = request.u32(NFTA_RULE.ID)
  if (handle === undefined && id === undefined) {
    removeRules(journal, request, chain)
    return
  }
  const rule = handle === undefined ? ruleOfBatch(journal, id!, chain) : ruleWith(chain, handle)
  if (rule !== undefined) {
    removeRule(journal, request, rule)
    return
  }
  if (request.message === NFT_MSG.DESTROYRULE && handle !== undefined) return
  throw request.refusal(ENOENT, handle === undefined ? NFTA_RULE.ID : NFTA_RULE.HANDLE)
}

export function removeRules(journal: Journal, request: Request, chain: Chain): void {
  for (const rule of [...chain.rules]) removeRule(journal, request, rule)
}

export function removeRule(journal: Journal, request: Request, rule: Rule): void {
  journal.take(rule.chain.rules, rule)
  journal.count(rule.chain, -1)
  journal.tell(request, 'delete', { kind: 'rule', object: rule })
  releaseRule(journal, request, rule)
}

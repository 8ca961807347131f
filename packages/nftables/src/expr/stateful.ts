import { type Connlimit, connlimit } from './connlimit.ts'
import { type Counter, counter } from './counter.ts'
import { type CodecsOf, type ExpressionField, expressionField } from './envelope.ts'
import { type Last, last } from './last.ts'
import { type Limit, limit } from './limit.ts'
import { type Quota, quota } from './quota.ts'
import type { UnknownExpression } from './unknown.ts'

export type KnownStateful = Counter | Limit | Quota | Connlimit | Last

/** The expressions that an element of a set can carry (NFT_EXPR_STATEFUL). */
export type StatefulExpression = KnownStateful | UnknownExpression

export const statefulCodecs: CodecsOf<KnownStateful> = { counter, limit, quota, connlimit, last }

export const statefulExpression: ExpressionField<KnownStateful> = expressionField(statefulCodecs)

/** How sets, elements and dynset carry them: one in an attribute of its own, several in a list. */
export interface OneOrMany {
  expression?: StatefulExpression
  expressions?: StatefulExpression[]
}

export function toOneOrMany(list: StatefulExpression[] | undefined): OneOrMany {
  if (list === undefined || list.length === 0) return {}
  return list.length === 1 ? { expression: list[0]! } : { expressions: list }
}

/** The other way; `{}` when there are none. */
export function fromOneOrMany(found: OneOrMany): { expressions?: StatefulExpression[] } {
  if (found.expression !== undefined) return { expressions: [found.expression] }
  return found.expressions === undefined ? {} : { expressions: found.expressions }
}

import type { Expr } from './expressions.ts'
import { withoutState } from './forms.ts'
import { kindOf } from './objects.ts'
import type { Element, Rule, StatefulObject } from './world.ts'

// What was counted begins again at zero. No part of a transaction, as in the kernel.

function resetAll(expressions: readonly Expr[]): void {
  for (const expression of expressions) {
    if (expression.data === undefined) continue
    Object.assign(expression, { data: withoutState(expression.name, expression.data) })
  }
}

export function resetRule({ expressions }: Rule): void {
  resetAll(expressions)
}

export function resetElement({ expressions }: Element): void {
  resetAll(expressions)
}

export function resetObject(object: StatefulObject): void {
  object.data = withoutState(kindOf(object.type), object.data)
}

import type { Expression, StatefulExpression } from '../expr/index.ts'
import type { DynamicUpdate } from '../model/dynamic.ts'
import { keyLength } from '../model/key.ts'
import type { Rate } from '../model/rate.ts'
import { rateUnits } from '../model/rate.ts'
import type { Context } from './context.ts'
import { load } from './load.ts'
import { compileOperand } from './operand.ts'
import { Registers, register } from './registers.ts'

/** `add @set { … }`: the key from the first register on, the value of a map from the next whole one on. */
export function compileDynamic(statement: DynamicUpdate, context: Context): Expression[] {
  const { operation: op, key, value, timeout } = statement
  const set = context.named(statement.set)
  const registers = new Registers()
  const keySlot = registers.take(keyLength(key.type))
  context.before(context.need(key))
  const valueSlot = value && registers.take()
  const expressions = stateOf(statement)
  return [
    ...load(key, keySlot),
    ...(value === undefined ? [] : compileOperand(value, valueSlot!, context)),
    {
      expr: 'dynset',
      op,
      setName: set.name,
      sregKey: register(keySlot),
      ...(valueSlot !== undefined && { sregData: register(valueSlot) }),
      ...(timeout !== undefined && { timeout: BigInt(timeout) }),
      ...(expressions.length > 0 && { expressions }),
    },
  ]
}

function stateOf({ limit, counter }: DynamicUpdate): StatefulExpression[] {
  return [...(limit ? [compileRate(limit)] : []), ...(counter ? [newCounter()] : [])]
}

export function compileRate({ of, rate, per, burst, over }: Rate): StatefulExpression {
  return {
    expr: 'limit',
    rate: BigInt(rate),
    unit: BigInt(rateUnits[per]),
    burst,
    type: of === 'packets' ? 'pkts' : 'pkt_bytes',
    ...(over && { flags: ['inv'] as const }),
  } as StatefulExpression
}

export function newCounter(): StatefulExpression {
  return { expr: 'counter', bytes: 0n, packets: 0n }
}

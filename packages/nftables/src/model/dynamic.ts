import { type Duration, parseDuration } from './duration.ts'
import { ModelError } from './error.ts'
import type { Key } from './key.ts'
import { type ParsedOperand, parseOperand } from './operand.ts'
import { parseRate, type Rate, type RateInput } from './rate.ts'
import { checkSameType } from './same.ts'
import type { Selector } from './selector.ts'
import type { MapDefinition, SetDefinition } from './set.ts'

export interface UpdateOptions {
  /** Of this element; default: the set's. */
  readonly timeout?: Duration
  /** The element carries this limit, and the rule goes on only while it allows. */
  readonly limit?: RateInput
  /** The element counts. */
  readonly counter?: boolean
}

/** The statement that changes a set from the packet path. Made by `set.add(…)`, `set.update(…)`, `set.delete(…)`. */
export class DynamicUpdate {
  readonly statement = 'dynamic'
  readonly operation: 'add' | 'update' | 'delete'
  readonly set: SetDefinition | MapDefinition
  readonly key: Selector
  /** Of a map. */
  readonly value: ParsedOperand | undefined
  /** Milliseconds. */
  readonly timeout: number | undefined
  readonly limit: Rate | undefined
  readonly counter: boolean

  constructor(
    operation: 'add' | 'update' | 'delete',
    set: SetDefinition | MapDefinition,
    key: Selector,
    value: unknown,
    options: UpdateOptions,
  ) {
    checkSameType(key, set)
    if (set.isInterval) {
      throw new ModelError(`packets cannot change '${set.name}', which has the flag interval`, 'leave the flag out')
    }
    this.operation = operation
    this.set = set
    this.key = key
    this.value = set.kind === 'map' ? parseOperand(set.value as Key, value) : undefined
    this.timeout = options.timeout === undefined ? undefined : parseDuration(options.timeout)
    this.limit = options.limit === undefined ? undefined : parseRate(options.limit)
    this.counter = options.counter ?? false
  }
}

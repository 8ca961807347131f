import { ModelError } from './error.ts'
import { checkName } from './identifier.ts'

export interface FlowtableInput {
  /** Interfaces whose packets go past the rules. */
  readonly devices?: readonly string[]
  /** The lower, the earlier. Default: 0. */
  readonly priority?: number
  /** The connections that pass by are counted. */
  readonly counter?: boolean
  /** The hardware does it. */
  readonly offload?: boolean
}

/** A short cut for established connections. Made by `table.flowtable(…)`. */
export class FlowtableDefinition {
  readonly name: string
  readonly devices: readonly string[]
  readonly priority: number
  readonly counter: boolean
  readonly offload: boolean

  constructor(name: string, { devices = [], priority = 0, counter = false, offload = false }: FlowtableInput) {
    checkName('flowtable', name)
    if (!Number.isInteger(priority)) throw new ModelError(`priority ${priority}`, 'give a whole number')
    this.name = name
    this.devices = devices
    this.priority = priority
    this.counter = counter
    this.offload = offload
  }
}

import type { Expression } from '../expr/index.ts'
import { ModelError } from '../model/error.ts'
import type { CounterObject } from '../model/object.ts'
import type { Selector } from '../model/selector.ts'
import { AnonymousSet, type MapDefinition, type SetDefinition } from '../model/set.ts'
import type { Table } from '../model/table.ts'
import { Protocols } from './protocols.ts'
import { type CompiledSet, compileAnonymous } from './set.ts'

/** Numbers for the sets of one batch that have no names yet. */
export interface SetIds {
  next(): number
}

export function setIds(): SetIds {
  let last = 0
  return { next: () => ++last }
}

/** What the statements of one rule share while they are compiled. */
export class Context {
  readonly table: Table
  readonly protocols: Protocols
  readonly sets: CompiledSet[] = []
  readonly #ids: SetIds
  #before: Expression[] = []

  constructor(table: Table, ids: SetIds) {
    this.table = table
    this.protocols = new Protocols(table.family)
    this.#ids = ids
  }

  /** Expressions that go in front of the statement being compiled. */
  before(expressions: readonly Expression[]): void {
    this.#before.push(...expressions)
  }

  takeBefore(): Expression[] {
    const before = this.#before
    this.#before = []
    return before
  }

  /** How an expression names a set; one without a name becomes a set of this rule. */
  reference(set: SetDefinition | MapDefinition | AnonymousSet, selector: Selector): { set: string; setId?: number } {
    if (!(set instanceof AnonymousSet)) return { set: this.named(set).name }
    const compiled = compileAnonymous(this.table, set, selector, this.#ids.next())
    this.sets.push(compiled)
    return { set: compiled.set.name, setId: compiled.set.id! }
  }

  /** The set, if it is of this table: rules cannot reach into others. */
  named<S extends SetDefinition | MapDefinition>(set: S): S {
    if (this.table.find(set.name) === set) return set
    throw new ModelError(`'${set.name}' is not of this table`, `make it with table.${set.kind}(…)`)
  }

  counter(object: CounterObject): string {
    if (this.table.counters.includes(object)) return object.name
    throw new ModelError(`counter '${object.name}' is not of this table`, 'make it with table.counter(…)')
  }

  chain(name: string): string {
    if (this.table.chains.some((chain) => chain.name === name)) return name
    throw new ModelError(`there is no chain '${name}' in this table`, 'make it with table.chain(…)')
  }
}

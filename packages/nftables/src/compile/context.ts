import type { Expression } from '../expr/index.ts'
import { parseElement } from '../model/element.ts'
import { ModelError } from '../model/error.ts'
import { icmp, icmpv6 } from '../model/icmp.ts'
import type { ObjectDefinition } from '../model/object.ts'
import type { Field, Selector } from '../model/selector.ts'
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

  /** Matches that have to come before the selector is read. */
  need(selector: Selector): Expression[] {
    return selector.fields.flatMap((field) => [...this.protocols.need(field), ...this.#needMessage(field)])
  }

  /** A field of some ICMP messages is there only in these. */
  #needMessage({ source }: Field): Expression[] {
    if (source.from !== 'payload' || source.icmpTypes === undefined) return []
    if (!this.protocols.learnMessage()) return []
    const type = source.protocol === 'icmp' ? icmp.type : icmpv6.type
    const read: Expression = { expr: 'payload', base: 'transport', offset: 0, len: 1, dreg: 1 }
    const [only, ...more] = source.icmpTypes
    if (more.length === 0) return [read, { expr: 'cmp', sreg: 1, op: 'eq', data: { value: Uint8Array.of(only!) } }]
    const elements = source.icmpTypes.map((number) => parseElement(type.type, number))
    const found = this.reference(new AnonymousSet(type.type, undefined, elements), type)
    return [read, { expr: 'lookup', sreg: 1, ...found }]
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

  /** The object's name, if it is of this table. */
  object(object: ObjectDefinition): string {
    if (this.table.objects.includes(object)) return object.name
    const kind = object.object.replace('_', ' ')
    throw new ModelError(`${kind} '${object.name}' is not of this table`, 'make it with the table')
  }

  chain(name: string): string {
    if (this.table.chains.some((chain) => chain.name === name)) return name
    throw new ModelError(`there is no chain '${name}' in this table`, 'make it with table.chain(…)')
  }
}

import { type Chain, type Comment, ModelError, type Rule, rule, type Statement, type Table } from '../model/index.ts'
import type { Echo, Entry, Operation, Verb } from '../transaction/index.ts'
import { writeRule } from './define.ts'
import { handleOf } from './echo.ts'
import { ranks } from './order.ts'
import { tableOf } from './place.ts'
import type { Recorder } from './recorder.ts'
import { RuleHandle, type RuleLike } from './rule-handle.ts'

export type Parts = readonly (Statement | Comment)[]

/** Where a rule is, as the builder has it. */
export interface RulePlace {
  readonly table: Table
  readonly chain: Chain
}

/** At the beginning or the end of its chain. */
const nowhere = (): object => ({})

/** Rules of the builder that are part of a transaction. */
const handles = new WeakMap<Rule, RuleHandle>()

/** The rules of one transaction. */
export class Rules {
  readonly #recorder: Recorder
  /** Finds the place of a rule that this process knows only by its names. */
  readonly #placeOf: (rule: RuleLike, parts: Parts) => RulePlace
  readonly #all: RuleHandle[] = []
  readonly #referenced = new Set<RuleHandle>()
  /** Are the handles wanted? */
  echo = true

  constructor(recorder: Recorder, placeOf: (rule: RuleLike, parts: Parts) => RulePlace) {
    this.#recorder = recorder
    this.#placeOf = placeOf
  }

  get all(): readonly RuleHandle[] {
    return this.#all
  }

  append(chain: Chain, parts: Parts): RuleHandle {
    return this.#put('add', { table: tableOf(chain), chain }, rule(...parts))
  }

  insert(chain: Chain, parts: Parts): RuleHandle {
    return this.#put('insert', { table: tableOf(chain), chain }, rule(...parts))
  }

  /** One that the builder has put at the end of its chain. */
  appended(table: Table, chain: Chain, made: Rule, entry?: Entry): void {
    handles.set(made, this.#put('add', { table, chain }, made, nowhere, entry))
  }

  beside(verb: 'add' | 'insert', other: RuleLike | Rule, parts: Parts): RuleHandle {
    const reference = this.#known(other)
    const position = (): object =>
      reference.handle === undefined ? { positionId: idOf(reference) } : { position: reference.handle }
    return this.#put(verb, this.#placeOf(reference, parts), rule(...parts), position)
  }

  /** One of this transaction has no handle to be replaced by: the new one goes behind it, and it goes away. */
  replace(other: RuleLike | Rule, parts: Parts): RuleHandle {
    const reference = this.#known(other)
    if (reference.handle !== undefined) {
      const place = this.#placeOf(reference, parts)
      return this.#put('replace', place, rule(...parts), () => ({ handle: reference.handle }))
    }
    const made = this.beside('add', reference, parts)
    this.remove('delete', reference)
    return made
  }

  remove(verb: 'delete' | 'destroy', other: RuleLike | Rule): void {
    const reference = this.#known(other)
    const { family, table, chain } = reference
    this.#recorder.add(undefined, () => {
      const name = reference.handle === undefined ? { id: idOf(reference) } : { handle: reference.handle }
      return [{ verb, kind: 'rule', value: { family, table, chain, ...name } }]
    })
  }

  /** What the kernel said of the rules that it made. */
  learn(echoes: readonly Echo[]): void {
    for (const { operation, message } of echoes) {
      const handle = handleOf(message)
      if (handle !== undefined) this.#written.get(operation.value)?.learn(handle)
    }
  }

  readonly #written = new WeakMap<object, RuleHandle>()

  #put(verb: Verb, place: RulePlace, made: Rule, position: () => object = nowhere, entry?: Entry): RuleHandle {
    const { table, chain } = place
    const handle = new RuleHandle(place, made.comment, this, this.#all.length + 1)
    this.#all.push(handle)
    this.#recorder.add(
      ranks.rule,
      () => {
        const id = this.#referenced.has(handle) && { id: handle.id }
        const operations = writeRule(verb, table, chain, made, this.#recorder.ids, { ...position(), ...id })
        const last = operations.pop()!
        this.#written.set(last.value, handle)
        return [...operations, { ...last, echo: this.echo }] satisfies Operation[]
      },
      entry,
    )
    return handle
  }

  /** A rule of the builder is the one that `chain.rule(…)` made of it. One without a handle has to be of this transaction. */
  #known(thing: RuleLike | Rule): RuleLike {
    const reference = 'statements' in thing ? handles.get(thing) : thing
    if (reference === undefined) throw new ModelError('this rule was not added in a transaction')
    if (reference.handle !== undefined) return reference
    if (!(reference instanceof RuleHandle) || reference.owner !== this) {
      throw new ModelError(
        'a rule without a handle',
        'it is of another transaction, which has not been committed, or was without asking for handles',
      )
    }
    this.#referenced.add(reference)
    return reference
  }
}

function idOf(reference: RuleLike): number {
  return (reference as RuleHandle).id
}

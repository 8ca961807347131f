import { type Connection, Route } from '@sallyport/linux'
import type { KernelRule } from '../messages/index.ts'
import { currentGeneration } from '../transaction/generation.ts'
import { readChains, readRule } from '../transaction/read.ts'
import type { RuleRef } from '../transaction/ref.ts'
import { Path } from './path.ts'

/** What is known of the ruleset that packets went through, as long as it stays the same. */
export class RulesetMemory {
  readonly #connection: Connection
  readonly #rules = new Map<string, KernelRule | undefined>()
  #generation: number | undefined
  #path: Path | undefined

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** Forgets all when somebody has changed the ruleset since. */
  refresh(): void {
    const generation = currentGeneration(this.#connection)
    if (generation === this.#generation) return
    this.#generation = generation
    this.#rules.clear()
    this.#path = undefined
  }

  get path(): Path {
    this.#path ??= new Path(readChains(this.#connection))
    return this.#path
  }

  /** Undefined when it is gone already. */
  rule(ref: RuleRef): KernelRule | undefined {
    const key = `${ref.family} ${ref.table} ${ref.handle}`
    if (!this.#rules.has(key)) this.#rules.set(key, readRule(this.#connection, ref))
    return this.#rules.get(key)
  }
}

/** Names of interfaces by their numbers. */
export class Interfaces implements Disposable {
  readonly #route: Route
  #names = new Map<number, string | undefined>()

  constructor(namespace: { run<T>(fn: () => T): T } | undefined) {
    this.#route = Route.open({ namespace })
  }

  /** Undefined when there is none of that number any more. */
  name(index: number): string | undefined {
    if (!this.#names.has(index)) this.#read(index)
    return this.#names.get(index)
  }

  #read(wanted: number): void {
    this.#names = new Map(this.#route.links().map(({ index, name }) => [index, name]))
    if (!this.#names.has(wanted)) this.#names.set(wanted, undefined)
  }

  [Symbol.dispose](): void {
    this.#route[Symbol.dispose]()
  }
}

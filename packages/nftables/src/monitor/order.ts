import type { KernelRule } from '../messages/index.ts'
import type { Change } from './change.ts'

export type RuleChange = Extract<Change, { kind: 'rule' }>

/**
 * The rules of one chain, in order, kept up to date by what commits tell of them.
 *
 * Of a new rule the kernel names the one before it, unless it is the first or the last. It looks when all of the
 * commit's new rules are in place, so that the one before may be told of later: a rule then waits for it.
 */
export class RuleOrder {
  readonly #rules: KernelRule[]
  /** Rules that wait, by the handle that they wait for. */
  readonly #waiting = new Map<bigint, KernelRule>()

  constructor(rules: readonly KernelRule[] = []) {
    this.#rules = rules.map(withoutPosition)
  }

  get rules(): readonly KernelRule[] {
    return this.#rules
  }

  /** False when a commit is over and some rule still waits: the order is not known. */
  get settled(): boolean {
    return this.#waiting.size === 0
  }

  apply(change: RuleChange): void {
    if (change.op === 'delete') this.#delete(change.object.handle)
    else if (change.op === 'replace') this.#replace(change.previous.handle, change.object)
    else this.#add(change.object, change.op === 'insert' ? 0 : this.#rules.length)
  }

  #add(rule: KernelRule, at: number): void {
    const { position, handle } = rule
    const known = this.#indexOf(handle)
    if (known !== -1) this.#rules[known] = withoutPosition(rule)
    else if (position === undefined) this.#put(rule, at)
    else this.#addBehind(rule, position)
  }

  #addBehind(rule: KernelRule, position: bigint): void {
    const before = this.#indexOf(position)
    if (before === -1) this.#waiting.set(position, rule)
    else this.#put(rule, before + 1)
  }

  #put(rule: KernelRule, at: number): void {
    this.#rules.splice(at, 0, withoutPosition(rule))
    const { handle } = rule
    const next = handle === undefined ? undefined : this.#waiting.get(handle)
    if (handle === undefined || next === undefined) return
    this.#waiting.delete(handle)
    this.#put(next, at + 1)
  }

  #replace(handle: bigint | undefined, rule: KernelRule): void {
    const at = this.#indexOf(handle)
    if (at === -1) this.#add(rule, this.#rules.length)
    else this.#rules[at] = withoutPosition(rule)
  }

  #delete(handle: bigint | undefined): void {
    const at = this.#indexOf(handle)
    if (at !== -1) this.#rules.splice(at, 1)
  }

  /** From the end: most rules are appended. Deleting all begins at the other end, which is looked at first. */
  #indexOf(handle: bigint | undefined): number {
    if (this.#rules.length > 0 && this.#rules[0]!.handle === handle) return 0
    return this.#rules.findLastIndex((rule) => rule.handle === handle)
  }
}

/** It changes with the neighbours: the order of the list says it. */
function withoutPosition({ position: _, ...rule }: KernelRule): KernelRule {
  return rule
}

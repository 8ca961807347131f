import type { Request } from './request.ts'
import type { Chain, Element, Flowtable, NamedSet, Rule, StatefulObject, Table } from './world.ts'

/** What a commit tells those who listen, in the order of the changes. */
export type Change =
  | { readonly kind: 'table'; readonly object: Table }
  | { readonly kind: 'chain'; readonly object: Chain; readonly devices?: readonly string[] }
  | { readonly kind: 'rule'; readonly object: Rule }
  | { readonly kind: 'set'; readonly object: NamedSet }
  | { readonly kind: 'element'; readonly object: Element; readonly set: NamedSet }
  | { readonly kind: 'object'; readonly object: StatefulObject }
  | { readonly kind: 'flowtable'; readonly object: Flowtable; readonly devices?: readonly string[] }

export type Notice = Change & {
  readonly event: 'new' | 'delete'
  readonly request: Request
  /** What the commit does only when it comes to this change. */
  readonly apply?: () => void
}

/** What the numbers mean that a batch gives to what it adds. None given is 0. */
export class Ids<T> {
  readonly #given: Map<number, T[]> = new Map()

  give(id: number | undefined, object: T): void {
    const list = this.#given.get(id ?? 0)
    if (list === undefined) this.#given.set(id ?? 0, [object])
    else list.push(object)
  }

  first(id: number, fits: (object: T) => boolean): T | undefined {
    return this.#given.get(id)?.find(fits)
  }

  last(id: number, fits: (object: T) => boolean): T | undefined {
    return this.#given.get(id)?.findLast(fits)
  }
}

/** One batch under way: how to undo it, what its ids mean, and what to tell when it is committed. */
export class Journal {
  readonly #undo: (() => void)[] = []
  readonly #end: (() => void)[] = []
  readonly notices: Notice[] = []
  readonly chainIds: Ids<Chain> = new Ids()
  readonly setIds: Ids<NamedSet> = new Ids()
  readonly ruleIds: Ids<Rule> = new Ids()
  /** Anonymous sets and chains that no rule has taken yet: at the end there may be none. */
  readonly unbound: Set<NamedSet | Chain> = new Set()
  /** Names that chains will have, with the handle of their table. */
  readonly renames: Set<string> = new Set()
  /** Tables that went to sleep or woke up: only once in a batch. */
  readonly updatedTables: Set<Table> = new Set()
  /** Anonymous sets of this batch: they count in their table until the commit. */
  readonly anonymous: NamedSet[] = []
  /** `need`: rules came that have to be checked as a whole; `do`: check after every message, to find the culprit. */
  validation: 'skip' | 'need' | 'do' = 'skip'

  mark(): number {
    return this.#undo.length
  }

  rollback(to = 0): void {
    while (this.#undo.length > to) this.#undo.pop()!()
  }

  /** What the kernel does only when it commits. */
  atEnd(act: () => void): void {
    this.#end.push(act)
  }

  finish(): void {
    for (const act of this.#end) act()
    for (const set of this.anonymous) if (set.bindings.length > 0) set.table.use -= 1
  }

  did(undo: () => void): void {
    this.#undo.push(undo)
  }

  assign<T extends object>(object: T, change: Partial<T>): void {
    const before = Object.fromEntries(Object.keys(change).map((key) => [key, object[key as keyof T]])) as Partial<T>
    Object.assign(object, change)
    this.did(() => Object.assign(object, before))
  }

  count(object: { use: number }, by: 1 | -1): void {
    object.use += by
    this.did(() => {
      object.use -= by
    })
  }

  put<V>(map: Map<string, V>, key: string, value: V): void {
    map.set(key, value)
    this.did(() => map.delete(key))
  }

  remove<V>(map: Map<string, V>, key: string): void {
    const value = map.get(key)!
    map.delete(key)
    this.did(() => map.set(key, value))
  }

  insert<T>(list: T[], at: number, item: T): void {
    if (at === list.length) list.push(item)
    else list.splice(at, 0, item)
    this.did(() => list.splice(at, 1))
  }

  take<T>(list: T[], item: T): void {
    const at = list.indexOf(item)
    list.splice(at, 1)
    this.did(() => list.splice(at, 0, item))
  }

  bind(object: NamedSet | Chain): void {
    if (!this.unbound.delete(object)) return
    this.did(() => this.unbound.add(object))
  }

  tell(request: Request, event: 'new' | 'delete', change: Change, apply?: () => void): void {
    this.notices.push({ ...change, event, request, ...(apply && { apply }) })
  }
}

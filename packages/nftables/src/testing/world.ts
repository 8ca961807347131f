import type { Expr, Verdict } from './expressions.ts'
import type { Store } from './store.ts'

/** All that a kernel knows of nf_tables in one namespace. Changed in place, with a {@link Journal} of how to undo it. */
export interface World {
  readonly tables: Table[]
  generation: number
  /** Of tables; never goes back. */
  lastTableHandle: bigint
  lastBindingChain: number
}

export interface Table {
  readonly family: number
  readonly name: string
  readonly handle: bigint
  flags: number
  readonly userdata: Uint8Array | undefined
  /** Port id of the socket that owns it; 0: nobody. */
  owner: number
  use: number
  /** Of what is in it; never goes back. */
  lastHandle: bigint
  readonly chains: Map<string, Chain>
  readonly sets: Map<string, NamedSet>
  /** By kind and name. */
  readonly objects: Map<string, StatefulObject>
  readonly flowtables: Map<string, Flowtable>
}

export interface Base {
  readonly type: string
  readonly hook: number
  readonly priority: number
  readonly policy: number
  readonly devices: readonly string[]
  readonly counters: { readonly packets: bigint; readonly bytes: bigint } | undefined
}

export interface Chain {
  readonly table: Table
  name: string
  readonly handle: bigint
  readonly flags: number
  base: Base | undefined
  readonly userdata: Uint8Array | undefined
  /** Rules in it and jumps to it. */
  use: number
  readonly rules: Rule[]
  /** An anonymous chain that a rule has taken (NFT_CHAIN_BINDING). */
  bound: boolean
}

export interface Rule {
  readonly chain: Chain
  readonly handle: bigint
  readonly expressions: readonly Expr[]
  readonly userdata: Uint8Array | undefined
}

export interface NamedSet {
  readonly table: Table
  readonly name: string
  readonly handle: bigint
  readonly flags: number
  readonly keyType: number
  readonly keyLen: number
  readonly dataType: number
  readonly dataLen: number
  readonly objType: number
  readonly policy: number
  readonly fields: readonly number[]
  readonly userdata: Uint8Array | undefined
  readonly expressions: readonly Expr[]
  readonly backend: Backend
  readonly store: Store
  /** Elements with a key, also those whose deletion is not committed yet. */
  count: number
  /** The element for all other keys: it has none itself. */
  catchAll: Element | undefined
  size: number
  timeout: bigint
  gcInterval: number
  /** Rules that look into it. */
  use: number
  /** The chains of those rules. */
  readonly bindings: Chain[]
}

/** All of them, also the catch-all element. */
export function* elementsOf({ store, catchAll }: NamedSet): Generator<Element> {
  yield* store
  if (catchAll !== undefined) yield catchAll
}

export type Backend = 'bitmap' | 'hash' | 'rhash' | 'rbtree' | 'pipapo'

export type ElementData = { readonly value: Uint8Array } | { readonly verdict: Verdict }

export interface Element {
  /** Absent of the catch-all element. */
  readonly key: Uint8Array | undefined
  readonly keyEnd: Uint8Array | undefined
  readonly flags: number
  readonly data: ElementData | undefined
  readonly object: StatefulObject | undefined
  readonly userdata: Uint8Array | undefined
  readonly expressions: readonly Expr[]
  /** Milliseconds; 0: it lives for ever. */
  timeout: bigint
  /** When it dies by the kernel's clock, in milliseconds. */
  expires: bigint
}

export interface StatefulObject {
  readonly table: Table
  readonly name: string
  readonly type: number
  readonly handle: bigint
  readonly userdata: Uint8Array | undefined
  /** As the expression of the same name, in the kernel's form. */
  data: ReadonlyMap<number, Uint8Array>
  use: number
}

export interface Flowtable {
  readonly table: Table
  readonly name: string
  readonly handle: bigint
  readonly hook: number
  readonly priority: number
  readonly devices: string[]
  flags: number
  use: number
}

/** It was not deleted meanwhile. */
export function isThere(chain: Chain): boolean {
  return chain.table.chains.get(chain.name) === chain
}

export function objectKey(type: number, name: string): string {
  return `${type} ${name}`
}

/** Objects of a table in the order in which they were made: a failed batch may have moved them in their map. */
export function inOrder<T extends { readonly handle: bigint }>(map: ReadonlyMap<string, T>): T[] {
  return [...map.values()].sort((a, b) => (a.handle < b.handle ? -1 : 1))
}

export function nextHandle(table: Table): bigint {
  table.lastHandle += 1n
  return table.lastHandle
}

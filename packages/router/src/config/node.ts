import type { Position } from './config.ts'

/** Where a node's text begins, asked for only when there is something to report. */
export interface Origin {
  /** The place of character `offset` of the node's text; of its start when the text is not written as it reads. */
  at(offset: number, text: string): Omit<Position, 'path'>
}

export interface Entry {
  readonly key: Node
  readonly value: Node
}

/** Deeper than any config: what is below is not looked at, and reported as {@link other}. */
export const DEEPEST = 16

/** Stands for a value that no config has: a date, a function, something nested too deeply. `what` names it. */
export function other(what: string): symbol {
  return Symbol(what)
}

/** One value of the document, the way to it and its place. Made from YAML, JSON or a JavaScript value alike. */
export class Node {
  /** Plain data: strings, numbers, booleans, null, arrays, objects without a prototype; symbols ({@link other}) for the rest. */
  readonly value: unknown
  readonly path: string
  /** Of a map, in the order of the file; empty for everything else. */
  readonly entries: ReadonlyMap<string, Entry>
  /** Of a list; empty for everything else. */
  readonly items: readonly Node[]
  readonly #origin: Origin

  constructor(origin: Origin, path: string, value: unknown, parts: Node[] | Map<string, Entry> = []) {
    this.#origin = origin
    this.path = path
    this.value = value
    this.items = Array.isArray(parts) ? parts : []
    this.entries = Array.isArray(parts) ? new Map() : parts
  }

  get(key: string): Node | undefined {
    return this.entries.get(key)?.value
  }

  /** The node at a zod path, as far as it exists; the node itself for []. */
  find(path: readonly PropertyKey[]): Node {
    let node: Node = this
    for (const step of path) node = (typeof step === 'number' ? node.items[step] : node.get(String(step))) ?? node
    return node
  }

  /** The place of the node, or of the part of its text that begins at `offset`. */
  position(offset = 0, text = ''): Position {
    return { ...this.#origin.at(offset, text), path: this.path }
  }
}

/** A map node of these entries. */
export function mapNode(origin: Origin, path: string, entries: Map<string, Entry>): Node {
  const value: Record<string, unknown> = Object.create(null)
  for (const [key, entry] of entries) value[key] = entry.value.value
  return new Node(origin, path, value, entries)
}

/** A list node of these items. */
export function listNode(origin: Origin, path: string, items: Node[]): Node {
  return new Node(
    origin,
    path,
    items.map((item) => item.value),
    items,
  )
}

/** The path of an entry: `hosts.switch-1`, and `hosts["a b"]` where a dot would mislead. */
export function childPath(path: string, key: string | number): string {
  if (typeof key === 'number') return `${path}[${key}]`
  if (!/^[\w-]+$/.test(key)) return `${path}[${JSON.stringify(key)}]`
  return path === '' ? key : `${path}.${key}`
}

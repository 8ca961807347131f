import { childPath, DEEPEST, type Entry, listNode, mapNode, Node, type Origin, other } from './node.ts'

/** The document that a module's default export is. Its places are paths: a value doesn't know its line. */
export function readValue(value: unknown, file: string): Node {
  const origin: Origin = { at: () => ({ file, line: 0, column: 0 }) }
  return read(value, origin, '', 0)
}

function read(value: unknown, origin: Origin, path: string, depth: number): Node {
  if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return new Node(origin, path, value)
  if (depth > DEEPEST) return new Node(origin, path, other('something nested too deeply'))
  if (Array.isArray(value)) return readList(value, origin, path, depth)
  if (isPlain(value)) return readMap(value, origin, path, depth)
  return new Node(origin, path, other(describe(value)))
}

function readList(list: unknown[], origin: Origin, path: string, depth: number): Node {
  const items = Array.from(list, (item, index) => read(item, origin, childPath(path, index), depth + 1))
  return listNode(origin, path, items)
}

function readMap(map: object, origin: Origin, path: string, depth: number): Node {
  const entries = new Map<string, Entry>()
  for (const [name, value] of Object.entries(map)) {
    if (value === undefined) continue
    const here = childPath(path, name)
    entries.set(name, { key: new Node(origin, here, name), value: read(value, origin, here, depth + 1) })
  }
  return mapNode(origin, path, entries)
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}

function describe(value: unknown): string {
  if (typeof value !== 'object' || value === null) return `a ${typeof value}`
  return `a ${value.constructor?.name || 'object'}`
}

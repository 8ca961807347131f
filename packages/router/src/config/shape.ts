import type { z } from 'zod'
import type { Node } from './node.ts'
import { type Problems, quote } from './problems.ts'

type Issue = z.core.$ZodIssue

/** What helps to say more about a wrong shape. */
export interface Expectation {
  /** What to write instead, as an order. */
  readonly hint: string
  /** The keys that a map may have here, for suggestions. */
  readonly keys?: readonly string[]
}

/** The node's value if it has the shape; else undefined, and every mistake is reported where it is. */
export function read<T>(shape: z.ZodType<T>, node: Node, expected: Expectation, problems: Problems): T | undefined {
  const result = shape.safeParse(node.value)
  if (result.success) return result.data
  for (const issue of result.error.issues) report(issue, node, expected, problems)
  return undefined
}

function report(issue: Issue, node: Node, expected: Expectation, problems: Problems): void {
  const at = node.find(issue.path)
  if (issue.code === 'unrecognized_keys') unknownKeys(issue.keys, at, expected.keys ?? [], problems)
  else if (issue.code === 'invalid_union') reportUnion(issue, at, expected, problems)
  else if (issue.code === 'invalid_value') reportChoice(issue.values.map(String), at, problems)
  else if (isMissing(issue, node)) {
    const problem = `${quote(String(issue.path.at(-1)))} is missing`
    problems.add(at.position(), { problem, hint: expected.hint })
  } else problems.add(at.position(), { problem: sentence(issue, at), hint: expected.hint, text: textOf(at) })
}

export function isMap({ value }: Node): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Reports a node that is no map, or a map's keys that are none of `known`. */
export function checkMap(node: Node, known: readonly string[], hint: string, problems: Problems): void {
  if (!isMap(node))
    problems.add(node.position(), {
      problem: `expected a map (key: value), got ${describe(node)}`,
      hint,
      text: textOf(node),
    })
  unknownKeys(
    [...node.entries.keys()].filter((key) => !known.includes(key)),
    node,
    known,
    problems,
  )
}

/** As {@link checkMap}; `later` are keys of later versions: each is reported as one, and suggested to nobody. */
export function checkKeys(
  node: Node,
  { known, later }: { readonly known: readonly string[]; readonly later: readonly string[] },
  hint: string,
  problems: Problems,
): void {
  const present = later.filter((key) => node.entries.has(key))
  for (const key of present) {
    const problem = `the key ${key} is not supported yet`
    const names = known.filter((name) => !name.startsWith('$')).join(', ')
    const remove = `remove it: this version knows ${names}`
    problems.add(node.entries.get(key)!.key.position(), { problem, hint: remove, text: key })
  }
  checkMap(node, [...known, ...present], hint, problems)
}

/** Reports keys that nobody knows, each at the key. */
function unknownKeys(keys: readonly string[], map: Node, known: readonly string[], problems: Problems): void {
  for (const key of keys) {
    const place = map.entries.get(key)?.key ?? map
    problems.unknown(place.position(), 'key', key, known)
  }
}

/** A word out of a few: a wrong word gets a suggestion, anything else the list. */
function reportChoice(choices: readonly string[], at: Node, problems: Problems): void {
  if (typeof at.value === 'string') {
    problems.unknown(at.position(), 'value', at.value, choices)
    return
  }
  const hint = `write one of ${choices.join(', ')}`
  problems.add(at.position(), { problem: `expected a word, got ${describe(at)}`, hint, text: textOf(at) })
}

/** Of the branches, the one that the value was meant for is the one whose outermost type it has. */
function reportUnion(
  issue: Issue & { code: 'invalid_union' },
  at: Node,
  expected: Expectation,
  problems: Problems,
): void {
  const meant = issue.errors.filter((branch) => !branch.some((inner) => isWrongType(inner, at)))
  if (meant.length === 1) {
    for (const inner of meant[0]!) report(inner, at, expected, problems)
    return
  }
  const types = issue.errors.flatMap((branch) => branch.map((inner) => typeName(inner)))
  const problem = `expected ${[...new Set(types)].join(' or ')}, got ${describe(at)}`
  problems.add(at.position(), { problem, hint: expected.hint, text: textOf(at) })
}

function isWrongType(issue: Issue, at: Node): boolean {
  return issue.code === 'invalid_type' && issue.path.length === 0 && at.value !== undefined
}

function isMissing(issue: Issue, node: Node): boolean {
  const last = issue.path.at(-1)
  return (
    issue.code === 'invalid_type' && typeof last === 'string' && !node.find(issue.path.slice(0, -1)).entries.has(last)
  )
}

function sentence(issue: Issue, at: Node): string {
  if (issue.code === 'too_small' && at.items.length === 0 && Array.isArray(at.value)) return 'the list is empty'
  if (issue.code === 'too_small') return `${textOf(at)} is less than ${issue.minimum}`
  if (issue.code === 'too_big') return `${textOf(at)} is more than ${issue.maximum}`
  return `expected ${typeName(issue)}, got ${describe(at)}`
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  array: 'a list',
  int: 'a whole number',
  number: 'a number',
  object: 'a map (key: value)',
  record: 'a map (key: value)',
  string: 'text',
}

function typeName(issue: Issue): string {
  return issue.code === 'invalid_type' ? (TYPE_NAMES[issue.expected] ?? issue.expected) : 'something else'
}

/** `the number 5`, `a list`, `nothing`: what was found, for a message. */
export function describe({ value }: Node): string {
  if (value === null || value === undefined) return 'nothing'
  if (typeof value === 'symbol') return value.description ?? 'something else'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a map (key: value)'
  return typeof value === 'string' ? `the text ${quote(value)}` : `the ${typeof value} ${String(value)}`
}

function textOf({ value }: Node): string {
  return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : ''
}

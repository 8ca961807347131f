import { checkMap, describe, isMap, type Node, type Problems } from './document.ts'

export type Schema = Readonly<Record<string, unknown>>

/** What a reader has at hand beside the node. */
export interface Reading {
  readonly problems: Problems
  /** The topology's own name: other files are named relative to it. */
  readonly file: string
  /** The text of another file by its path; throws when it cannot be read. */
  readonly read: (path: string) => string
  /** What a module's default export has at a path, before it became a document: functions and all. */
  readonly given: (path: string) => unknown
}

/** One kind of value: how it is read, with every mistake reported where it is, and its JSON Schema (2020-12). */
export interface Kind<T> {
  /** Undefined when it is wrong, and then it has been reported. */
  read(node: Node, reading: Reading): T | undefined
  readonly schema: Schema
}

/** A kind that the schema has once, under its name. */
export interface NamedKind<T> extends Kind<T> {
  readonly definition: Readonly<Record<string, Schema>>
}

/** @param name below `$defs` */
export function named<T>(name: string, { read, schema }: Kind<T>): NamedKind<T> {
  return { read, schema: { $ref: `#/$defs/${name}` }, definition: { [name]: schema } }
}

/** The kind of each key of a map. Required keys of an interface are not known here: a reader adds what must be there. */
export type Fields<T> = { readonly [K in keyof T]-?: Kind<NonNullable<T[K]>> }

/** Reports a value that has not the right shape: what it is, what it should be, what to write. */
export function wrong(node: Node, expected: string, hint: string, { problems }: Reading): undefined {
  const text = ['string', 'number', 'boolean'].includes(typeof node.value) ? String(node.value) : ''
  problems.add(node.position(), { problem: `expected ${expected}, got ${describe(node)}`, hint, text })
  return undefined
}

/** A value that one function makes of plain data; a RangeError of it is `what is wrong; what to do`. */
export function plain<T>(type: 'string' | 'number' | 'either', make: (value: never) => T, schema: Schema): Kind<T> {
  const types = type === 'either' ? ['string', 'number'] : [type]
  return {
    schema,
    read(node, reading) {
      if (!types.includes(typeof node.value)) return wrong(node, nounOf[type], exampleOf(schema), reading)
      try {
        return make(node.value as never)
      } catch (error) {
        if (!(error instanceof RangeError)) throw error
        return refuse(node, error.message, reading)
      }
    },
  }
}

/** Reports `what is wrong; what to do` about a node. */
export function refuse(node: Node, message: string, { problems }: Reading): undefined {
  const [problem = message, ...hints] = message.split('; ')
  problems.add(node.position(), { problem, hint: hints.join('; ') || 'correct it', text: String(node.value) })
  return undefined
}

const nounOf = { string: 'text', number: 'a number', either: 'text or a number' } as const

function exampleOf({ examples }: Schema): string {
  return Array.isArray(examples) ? `write for example ${examples.map(String).join(' or ')}` : 'correct it'
}

/** One of a few words. */
export function word<const W extends string>(words: readonly W[], description: string): Kind<W> {
  return {
    schema: { enum: words, description },
    read(node, reading) {
      const found = words.find((each) => each === node.value)
      if (found !== undefined) return found
      if (typeof node.value !== 'string') return wrong(node, 'a word', `write one of ${words.join(', ')}`, reading)
      reading.problems.unknown(node.position(), 'value', node.value, words)
      return undefined
    },
  }
}

export function truth(description: string): Kind<boolean> {
  return {
    schema: { type: 'boolean', description },
    read: (node, reading) =>
      typeof node.value === 'boolean' ? node.value : wrong(node, 'true or false', 'write true or false', reading),
  }
}

/** A whole number from `least` to `most`. */
export function whole(least: number, most: number, description: string): Kind<number> {
  const schema = { type: 'integer', minimum: least, maximum: most, description, examples: [least] }
  return plain(
    'number',
    (value: number) => {
      if (Number.isInteger(value) && value >= least && value <= most) return value
      throw new RangeError(`${value} is out of range; write a whole number from ${least} to ${most}`)
    },
    schema,
  )
}

/** A list of at least one. */
export function list<T>(kind: Kind<T>, hint: string): Kind<readonly T[]> {
  return {
    schema: { type: 'array', items: kind.schema, minItems: 1 },
    read(node, reading) {
      if (!Array.isArray(node.value)) return wrong(node, 'a list', hint, reading)
      if (node.items.length === 0) return refuse(node, `the list is empty; ${hint}`, reading)
      return node.items.flatMap((item) => kind.read(item, reading) ?? [])
    },
  }
}

/** A map with these keys, none of them required; a key without a value is as good as absent. */
export function map<T extends object>(fields: Fields<T>, hint: string, required: readonly (keyof T)[] = []): Kind<T> {
  const names = Object.keys(fields) as (keyof T & string)[]
  const properties = Object.fromEntries(names.map((name) => [name, fields[name].schema]))
  const type = required.length === 0 ? ['object', 'null'] : 'object'
  return {
    schema: { type, additionalProperties: false, properties, ...(required.length > 0 && { required }) },
    read(node, reading) {
      if (node.value === null && required.length === 0) return {} as T
      checkMap(node, names, hint, reading.problems)
      for (const key of required) if (!node.entries.has(String(key))) missing(node, String(key), hint, reading)
      return readFields(fields, names, node, reading)
    },
  }
}

function readFields<T>(fields: Fields<T>, names: readonly (keyof T & string)[], node: Node, reading: Reading): T {
  const found: Partial<T> = {}
  for (const name of names) {
    const child = node.get(name)
    const value = child === undefined ? undefined : fields[name].read(child, reading)
    if (value !== undefined) found[name] = value
  }
  return found as T
}

function missing(node: Node, key: string, hint: string, { problems }: Reading): void {
  if (isMap(node)) problems.add(node.position(), { problem: `"${key}" is missing`, hint })
}

/**
 * The numbers in a C header: `#define NAME expression` and `enum { NAME, NAME = expression }`. A reader for the
 * kernel's uapi headers, not a preprocessor: conditionals are ignored and what is no number is left out.
 */
export function parseHeader(source: string): ReadonlyMap<string, number> {
  const constants = new Map<string, number>()
  const pending: [name: string, expression: string][] = []
  const clean = source.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, ' ').replace(/\\\n/g, ' ')
  for (const [, name, expression] of clean.matchAll(/^[ \t]*#[ \t]*define[ \t]+(\w+)[ \t]+(\S[^\n]*)$/gm)) {
    pending.push([name!, expression!])
  }
  const code = clean.replace(/^[ \t]*#[^\n]*$/gm, '')
  for (const [, body] of code.matchAll(/\benum\b[^{;]*\{([^}]*)\}/g)) pending.push(...members(body!))
  resolve(pending, constants)
  return constants
}

/** Members of an enum as name and expression; one without a value is the one before plus 1. */
function members(body: string): [string, string][] {
  let previous = '-1'
  return body
    .split(/,(?![^(]*\))/)
    .map((member) => member.trim())
    .filter((member) => member !== '')
    .map((member) => {
      const [, name, value] = /^(\w+)\s*(?:=\s*([\s\S]+))?$/.exec(member) ?? []
      const expression = value ?? `(${previous}) + 1`
      previous = name ?? '0'
      return [name ?? '', expression]
    })
}

/** Definitions may use later ones: rounds until one adds nothing. The first definition of a name wins. */
function resolve(pending: readonly [string, string][], constants: Map<string, number>): void {
  for (let before = -1; before !== constants.size; ) {
    before = constants.size
    for (const [name, expression] of pending) {
      if (constants.has(name)) continue
      const value = evaluate(expression, constants)
      if (value !== undefined) constants.set(name, value)
    }
  }
}

const OPERATORS: Readonly<Record<string, readonly [precedence: number, apply: (a: number, b: number) => number]>> = {
  '|': [1, (a, b) => (a | b) >>> 0],
  '^': [2, (a, b) => (a ^ b) >>> 0],
  '&': [3, (a, b) => (a & b) >>> 0],
  '<<': [4, (a, b) => a * 2 ** b],
  '>>': [4, (a, b) => Math.floor(a / 2 ** b)],
  '+': [5, (a, b) => a + b],
  '-': [5, (a, b) => a - b],
  '*': [6, (a, b) => a * b],
  '/': [6, (a, b) => Math.trunc(a / b)],
}

/** The value of a constant expression; undefined when something in it is no known number. */
export function evaluate(expression: string, constants: ReadonlyMap<string, number>): number | undefined {
  const tokens = expression.match(/0[xX][0-9a-fA-F]+|\d+|\w+|<<|>>|[^\s\w]/g) ?? []
  const cursor = { tokens: tokens.map((token) => token), at: 0 }
  try {
    const value = binary(cursor, constants, 1)
    return cursor.at === tokens.length ? value : undefined
  } catch (error) {
    if (error instanceof NotANumber) return undefined
    throw error
  }
}

class NotANumber extends Error {}

interface Cursor {
  readonly tokens: readonly string[]
  at: number
}

function binary(cursor: Cursor, constants: ReadonlyMap<string, number>, least: number): number {
  let left = unary(cursor, constants)
  for (;;) {
    const [precedence, apply] = OPERATORS[cursor.tokens[cursor.at] ?? ''] ?? [0, undefined]
    if (apply === undefined || precedence < least) return left
    cursor.at += 1
    left = apply(left, binary(cursor, constants, precedence + 1))
  }
}

function unary(cursor: Cursor, constants: ReadonlyMap<string, number>): number {
  const token = cursor.tokens[cursor.at++] ?? ''
  if (token === '-') return -unary(cursor, constants)
  if (token === '~') return ~unary(cursor, constants) >>> 0
  if (token === '(') return parenthesis(cursor, constants)
  const number = /^\d/.test(token) ? literal(token, cursor) : constants.get(token)
  if (number === undefined) throw new NotANumber(token)
  return number
}

/** `(expression)`, or a cast such as `(__u32)`, which is skipped. */
function parenthesis(cursor: Cursor, constants: ReadonlyMap<string, number>): number {
  if (
    /^(__[us](8|16|32|64)|int|unsigned)$/.test(cursor.tokens[cursor.at] ?? '') &&
    cursor.tokens[cursor.at + 1] === ')'
  ) {
    cursor.at += 2
    return unary(cursor, constants)
  }
  const value = binary(cursor, constants, 1)
  if (cursor.tokens[cursor.at++] !== ')') throw new NotANumber('unbalanced parenthesis')
  return value
}

/** A literal; its suffix (`U`, `UL`, `ULL`) is a token of its own, or stuck to it in `1UL`. */
function literal(token: string, cursor: Cursor): number {
  if (/^[uUlL]+$/.test(cursor.tokens[cursor.at] ?? '')) cursor.at += 1
  return /^0[0-7]+$/.test(token) ? Number.parseInt(token, 8) : Number(token)
}

/** What a source file imports and which of the watched globals it uses, with places. */
import { type Masked, mask } from './mask.ts'

export interface Found {
  /** The module specifier, or for a global its capability (`clock`). */
  readonly name: string
  /** As written, for the message. */
  readonly text: string
  /** Erased before it runs (`import type`). */
  readonly typeOnly: boolean
  /** Counted from 1. */
  readonly line: number
  readonly column: number
}

const fromClause = /\b(?:import|export)\b(?<clause>[\s\w{},*$]*?)\bfrom\s*(?<quote>['"])(?<name>[^'"\n]+)\k<quote>/g
const sideEffect = /\bimport\s*(?<quote>['"])(?<name>[^'"\n]+)\k<quote>/g
const dynamic = /(?<![.\w])(?:import|require)\s*\(\s*(?<quote>['"])(?<name>[^'"\n]+)\k<quote>\s*[,)]/g

/** Capabilities that need no import. The names are those of the table in rules.ts. */
const globals: Record<string, RegExp> = {
  clock: /\bDate\.now\b|\bnew Date\(\s*\)|\bperformance\.now\b|\bprocess\.hrtime\b/g,
  randomness: /\bMath\.random\b|\bgetRandomValues\b|\brandom(?:Bytes|Fill|FillSync|Int|UUID)\b/g,
  exit: /\bprocess\.(?:exit|abort|kill)\b/g,
  'import()': /(?<![.\w])import\s*\(\s*[^'"\s]/g,
}

export function findImports(source: string): Found[] {
  const masked = mask(source)
  const found = [fromClause, sideEffect, dynamic].flatMap((pattern) => search(masked, pattern, importAt))
  return found.sort((a, b) => a.line - b.line || a.column - b.column)
}

export function findGlobals(source: string): Found[] {
  const masked = mask(source)
  return Object.entries(globals).flatMap(([name, pattern]) =>
    search(masked, pattern, (match) => ({ name, text: match[0].replace(/\s*\(.*$/s, ''), typeOnly: false })),
  )
}

type Description = Pick<Found, 'name' | 'text' | 'typeOnly'>

function importAt(match: RegExpExecArray): Description {
  const { name = '', clause = '' } = match.groups ?? {}
  return { name, text: `'${name}'`, typeOnly: /^\s*type\b(?!\s*,|\s*$)/.test(clause) }
}

/** The keyword must be code too, not the text of a string that quotes an import. */
function search({ code, bare }: Masked, pattern: RegExp, describe: (match: RegExpExecArray) => Description): Found[] {
  return [...code.matchAll(pattern)]
    .filter((match) => bare[match.index] === code[match.index])
    .map((match) => ({ ...describe(match), ...placeOf(code, match.index) }))
}

function placeOf(text: string, index: number): { line: number; column: number } {
  const before = text.slice(0, index).split('\n')
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
}

/** Printed output against what a document shows: the same words in the same lines. Numbers and spacing may differ. */
import { stripVTControlCharacters } from 'node:util'

/** A line of these alone stands for any lines, none too. */
const anything = new Set(['…', '...'])

/** Undefined when `actual` is as shown, else a sentence about the first line that is not. */
export function difference(shown: string, actual: string): string | undefined {
  const want = linesOf(shown)
  const have = linesOf(actual)
  if (matches(want, have)) return undefined
  const at = have.findIndex(
    (_, index) => !matches(want.slice(0, index + 1).concat(rest(want, index)), have.slice(0, index + 1)),
  )
  const place = at < 0 ? have.length : at
  return `line ${place + 1} of the output is '${have[place] ?? '(the end)'}', shown is '${want[place] ?? '(the end)'}'`
}

/** While the document shows more lines, what follows the first ones is not judged yet. */
function rest(want: readonly string[], index: number): string[] {
  return index < want.length ? ['…'] : []
}

function linesOf(text: string): string[] {
  return stripVTControlCharacters(text).trim().split('\n').map(loosen)
}

function loosen(line: string): string {
  return line.trim().replace(/\s+/g, ' ').replace(/\d+/g, '0')
}

function matches(want: readonly string[], have: readonly string[]): boolean {
  const [first, ...rest] = want
  if (first === undefined) return have.length === 0
  if (!anything.has(first)) return have[0] === first && matches(rest, have.slice(1))
  return have.some((_, index) => matches(rest, have.slice(index))) || matches(rest, [])
}

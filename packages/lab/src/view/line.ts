import { cut, widthOf } from '../picture/width.ts'

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'cyan'

/** A piece of a line; without a style it looks as text does. */
export interface Span {
  readonly text: string
  readonly style?: Style
}

export type Line = readonly Span[]

/** Select Graphic Rendition (ECMA-48 section 8.3.117). */
const codes: Readonly<Record<Style, number>> = { bold: 1, dim: 2, red: 31, green: 32, cyan: 36 }

export function span(text: string, style?: Style): Span {
  return style === undefined ? { text } : { text, style }
}

/** As much of a line as has room, with its colours if wanted. Control characters become visible ones. */
export function printLine(line: Line, { width, color }: { readonly width: number; readonly color: boolean }): string {
  let room = width
  let printed = ''
  for (const { text, style } of line) {
    if (room <= 0) break
    const shown = cut(plain(text), room)
    room -= widthOf(shown)
    printed += color && style !== undefined ? `\x1b[${codes[style]}m${shown}\x1b[0m` : shown
  }
  return color ? printed : printed.trimEnd()
}

function plain(text: string): string {
  return text.replace(/\p{Cc}/gu, '\u00b7')
}

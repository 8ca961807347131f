import type { Picture } from './picture.ts'
import { cut, widthOf } from './width.ts'

export interface AsciiOptions {
  /** Columns; default 80, 20 at least. */
  readonly width?: number
  /** Only characters of ASCII for the lines; default false: box-drawing characters. */
  readonly plain?: boolean
}

interface Lines {
  readonly branch: string
  readonly last: string
  readonly down: string
  readonly space: string
  readonly dash: string
}

const boxes: Lines = { branch: '├─ ', last: '└─ ', down: '│  ', space: '   ', dash: '·' }
const ascii: Lines = { branch: '|- ', last: '`- ', down: '|  ', space: '   ', dash: '-' }

/** The picture as a tree of text. What does not fit beside a name continues below it. */
export function drawAscii(picture: Picture, { width = 80, plain = false }: AsciiOptions = {}): string {
  const columns = Math.max(width, 20)
  const lines = plain ? ascii : boxes
  return `${draw(picture, '', '', columns, lines).join('\n')}\n`
}

function draw(node: Picture, first: string, rest: string, width: number, lines: Lines): string[] {
  const inner = `${rest}${node.below.length > 0 ? lines.down : lines.space}`
  const own = wrap(partsOf(node, lines), { first, rest: inner, width })
  const below = node.below.flatMap((child, index) => {
    const isLast = index === node.below.length - 1
    const [head, tail] = isLast ? [lines.last, lines.space] : [lines.branch, lines.down]
    return draw(child, rest + head, rest + tail, width, lines)
  })
  return [...own, ...below]
}

function partsOf({ kind, name, nat, addresses, link }: Picture, { dash }: Lines): string[] {
  const title = kind === 'again' ? `${name} (above)` : kind === 'network' ? `(${name})` : name
  const visible = title.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '?')
  const shown = dash === '-' ? visible.replace(/[^\x20-\x7e]/g, '?') : visible
  const details = [nat === undefined ? '' : `[${nat}]`, ...addresses, link === '' ? '' : `~ ${link}`]
  return [
    shown,
    ...details.filter((each) => each !== '').map((each) => (dash === '-' ? each.replace('±', '+-') : each)),
  ]
}

interface Frame {
  readonly first: string
  readonly rest: string
  readonly width: number
}

/** Parts side by side while they fit; one that is wider than a line goes on in the next, and a word that is is cut. */
function wrap(parts: readonly string[], { first, rest, width }: Frame): string[] {
  const lines: string[] = []
  let line = first
  let empty = true
  for (const part of parts.flatMap((each) => piecesOf(each, width - widthOf(rest)))) {
    const separator = empty ? '' : '  '
    if (!empty && widthOf(line) + separator.length + widthOf(part) > width) {
      lines.push(line)
      line = `${rest}${cut(part, width - widthOf(rest))}`
    } else line += separator + cut(part, width - widthOf(line) - separator.length)
    empty = false
  }
  return [...lines, line]
}

/** A part in pieces that fit, between its words: an interface may have more addresses than a line has room for. */
function piecesOf(part: string, room: number): string[] {
  const pieces: string[] = []
  for (const word of part.split(' ')) {
    const longer = [...pieces.slice(-1), word].join(' ')
    if (pieces.length > 0 && widthOf(longer) <= room) pieces[pieces.length - 1] = longer
    else pieces.push(word)
  }
  return pieces
}

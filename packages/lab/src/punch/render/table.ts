import type { Cell } from '../cell.ts'
import type { Matrix } from '../matrix.ts'
import { differing, effort, observation, prediction, seconds, summary } from './words.ts'

/** How parts of the text are marked, for a terminal with colours; the default marks nothing. */
export interface MatrixStyle {
  readonly heading: (text: string) => string
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
  readonly middling: (text: string) => string
}

export interface RenderMatrixOptions {
  readonly style?: MatrixStyle
  /** Says of every cell what happened, by the packets; default: only of those that are not as theory says. */
  readonly explain?: boolean
}

const plain: MatrixStyle = {
  heading: (text) => text,
  good: (text) => text,
  bad: (text) => text,
  middling: (text) => text,
}

const symbols = { direct: '✓', none: '✗', race: '~' } as const

/** The matrix for a terminal, with a line break at the end. */
export function renderMatrix(matrix: Matrix, { style = plain, explain = false }: RenderMatrixOptions = {}): string {
  const { protocol, staggers, delay } = matrix
  const begins = staggers.map((stagger) => (stagger === 0 ? 'at once' : `${stagger} ms later`))
  const far = delay === 0 ? '' : `, ${delay} ms apart`
  const told = explain ? matrix.cells : differing(matrix)
  return [
    style.heading(
      `Hole punching over ${protocol.toUpperCase()}: ${effort(matrix)}, b begins ${begins.join(', ')}${far}`,
    ),
    '',
    ...grid(matrix, style),
    '',
    `  ${style.good(symbols.direct)} opened every time   ${style.bad(symbols.none)} never   ${style.middling(symbols.race)} depends on who is quicker   ! not as theory says`,
    ...(staggers.length > 1 ? [`  one sign for each beginning of b: ${begins.join(', ')}`] : []),
    ...told.flatMap((cell) => ['', ...cellLines(cell, style)]),
    '',
    (matrix.ok ? style.good : style.bad)(`${summary(matrix)}, in ${seconds(matrix.ms)}`),
    '',
  ].join('\n')
}

/** Rows have names and numbers, columns numbers: names would not fit. */
function grid(matrix: Matrix, style: MatrixStyle): string[] {
  const { presets, staggers } = matrix
  const names = presets.map(({ name }, index) => `${`${index + 1}`.padStart(2)} ${name}`)
  const first = Math.max(...names.map((name) => name.length))
  const width = Math.max(3, 2 * staggers.length)
  const head = presets.map((_, index) => `${index + 1}`.padEnd(width)).join(' ')
  const rows = presets.map((_, row) => {
    const cells = presets.map((_, column) => signs(matrix, row, column, width, style))
    return `  ${names[row]!.padEnd(first)}  ${cells.join(' ')}`.trimEnd()
  })
  return [`  ${style.heading(`${''.padEnd(first)}  ${head}`.trimEnd())}`, ...rows]
}

/** Padded before it is marked, since marks have no width. */
function signs({ presets, cells }: Matrix, row: number, column: number, width: number, style: MatrixStyle): string {
  if (column < row) return ''.padEnd(width)
  const [a, b] = [presets[row]!.name, presets[column]!.name]
  const own = cells.filter((cell) => cell.a === a && cell.b === b)
  const length = own.reduce((sum, { agrees }) => sum + (agrees ? 1 : 2), 0)
  return own.map((cell) => sign(cell, style)).join('') + ''.padEnd(width - length)
}

function sign({ observed, agrees }: Cell, { good, bad, middling }: MatrixStyle): string {
  const mark = { direct: good, none: bad, race: middling }[observed]
  return mark(symbols[observed]) + (agrees ? '' : bad('!'))
}

function cellLines(cell: Cell, style: MatrixStyle): string[] {
  const { agrees, because, explanation } = cell
  return [
    (agrees ? style.heading : style.bad)(`${cell.a} (a) × ${cell.b} (b): ${observation(cell)}; ${prediction(cell)}`),
    ...because.map((reason) => `  theory: ${reason}`),
    ...(explanation === undefined ? [] : [`  seen:   ${explanation.what}`]),
    ...(agrees ? [] : (explanation?.packets ?? []).map((packet) => `    ${packet}`)),
    ...(agrees ? [] : flowLines(cell)),
  ]
}

function flowLines({ explanation }: Cell): string[] {
  const { a = [], b = [] } = explanation?.flows ?? {}
  return [
    ...a.map((flow) => `    conntrack at a's router: ${flow}`),
    ...b.map((flow) => `    conntrack at b's router: ${flow}`),
  ]
}

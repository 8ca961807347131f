import type { NatBehaviour } from '../measure/nat.ts'
import type { DemoResult } from './demo.ts'

/** How parts of the text are marked, for a terminal with colours; the default marks nothing. */
export interface DemoStyle {
  readonly heading: (text: string) => string
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
}

const plain: DemoStyle = { heading: (text) => text, good: (text) => text, bad: (text) => text }

/** The result as tables for a person, with a line break at the end. */
export function renderDemo(result: DemoResult, style: DemoStyle = plain): string {
  const failed = result.facts.filter(({ ok }) => !ok).length
  const count = `${result.facts.length - failed} of ${result.facts.length} expected facts observed`
  const seconds = `${(result.ms / 1000).toFixed(1)} s`
  return [
    style.heading('Behind Sallyport: consoles, all on the same local UDP port'),
    ...natTable(result.nat, style),
    '',
    style.heading('Forwards, tried from the internet'),
    ...forwardTable(result, style),
    '',
    style.heading(`The same house behind ${result.beside.name}, measured by the same code`),
    ...natTable(result.beside.nat, style),
    '',
    style.heading('Facts'),
    ...factTable(result, style),
    '',
    (failed === 0 ? style.good : style.bad)(`${count}, in ${seconds}`),
    '',
  ].join('\n')
}

function natTable(rows: readonly NatBehaviour[], { good, bad }: DemoStyle): string[] {
  return table(
    ['host', 'local', 'external', 'mapping', 'filtering', 'grade'],
    rows.map(({ host, local, external, mapping, filtering, grade }) => [
      host,
      local,
      external ?? 'differs',
      mapping,
      filtering,
      grade,
    ]),
    (cell, column) => (column === 5 ? (cell.trim() === 'A' ? good(cell) : bad(cell)) : cell),
  )
}

function forwardTable({ forwards }: DemoResult, { good, bad }: DemoStyle): string[] {
  return table(
    ['port', 'to', 'first arrived at', 'ports', ''],
    forwards.map(({ port, to, observed, arrived, ports, reached }) => [
      port,
      to,
      observed,
      `${arrived} of ${ports}`,
      reached ? 'reached' : 'not reached',
    ]),
    (cell, column) => (column === 4 ? (cell.startsWith('reached') ? good(cell) : bad(cell)) : cell),
  )
}

function factTable({ facts }: DemoResult, { good, bad }: DemoStyle): string[] {
  return table(
    ['', 'fact', 'expected', 'observed'],
    facts.map(({ ok, what, expected, observed }) => [ok ? 'yes' : 'NO', what, expected, observed]),
    (cell, column) => (column === 0 ? (cell.startsWith('yes') ? good(cell) : bad(cell)) : cell),
  )
}

/** Columns as wide as their widest cell, but for the last; marked after they are padded, since marks have no width. */
function table(
  head: readonly string[],
  rows: readonly string[][],
  mark: (cell: string, column: number) => string,
): string[] {
  const last = head.length - 1
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)))
  const pad = (row: readonly string[]): string[] =>
    row.map((cell, column) => (column === last ? cell : cell.padEnd(widths[column]!)))
  return [pad(head), ...rows.map((row) => pad(row).map(mark))].map((cells) => `  ${cells.join('  ')}`.trimEnd())
}

import { AssertionError } from 'node:assert/strict'

/** One row of annotated bytes: its bytes and what stands behind the bar. */
interface HexRow {
  readonly bytes: Uint8Array
  readonly comment: string
}

const annotated = new WeakMap<Uint8Array, readonly HexRow[]>()

/**
 * Bytes as annotated rows. Everything after `|` is a comment, kept for the message of {@link assertBytes};
 * spaces are free; an interpolated array stands for its bytes, and for its rows if it was made here.
 *
 *     hex`
 *       08 00 01 00  00 00 00 01   | NFTA_NAT_TYPE    dnat
 *       08 00 02 00  00 00 00 02   | NFTA_NAT_FAMILY  ipv4
 *     `
 */
export function hex(strings: TemplateStringsArray, ...values: readonly Uint8Array[]): Uint8Array {
  const source = String.raw({ raw: strings }, ...values.map(asSource))
  const rows = source
    .split('\n')
    .map(parseRow)
    .filter((row) => row.bytes.length > 0 || row.comment !== '')
  const bytes = new Uint8Array(Buffer.concat(rows.map((row) => row.bytes)))
  annotated.set(bytes, rows)
  return bytes
}

function asSource(bytes: Uint8Array): string {
  const rows = annotated.get(bytes)
  if (rows === undefined) return hexDigits(bytes)
  return rows.map((row) => `${hexDigits(row.bytes)} | ${row.comment}\n`).join('')
}

function parseRow(line: string): HexRow {
  const bar = line.indexOf('|')
  const digits = (bar === -1 ? line : line.slice(0, bar)).replace(/\s+/g, '')
  if (digits.length % 2 !== 0 || /[^0-9a-f]/i.test(digits)) {
    throw new SyntaxError(`hex: not pairs of hexadecimal digits before the '|': ${line.trim()}`)
  }
  return { bytes: Uint8Array.from(Buffer.from(digits, 'hex')), comment: bar === -1 ? '' : line.slice(bar + 1).trim() }
}

/** Fails with the rows of both beside each other, the ones that differ marked, when `got` is not exactly `want`. */
export function assertBytes(got: Uint8Array, want: Uint8Array, message = 'bytes differ'): void {
  if (Buffer.compare(got, want) === 0) return
  throw new AssertionError({
    message: `${message}: got ${got.length}, want ${want.length} bytes\n${compareRows(got, want)}`,
    actual: hexDigits(got),
    expected: hexDigits(want),
    operator: 'assertBytes',
  })
}

function compareRows(got: Uint8Array, want: Uint8Array): string {
  const rows = [
    ...(annotated.get(want) ?? plainRows(want, '')),
    ...plainRows(got.subarray(want.length), '(not wanted)'),
  ]
  const width = Math.max(...rows.map((row) => row.bytes.length), 3) * 3
  const lines = [`  offset  ${'got'.padEnd(width)}  ${'want'.padEnd(width)}`]
  let at = 0
  for (const row of rows) {
    const end = at + row.bytes.length
    lines.push(rowLine(at, got.subarray(at, end), at < want.length ? row.bytes : new Uint8Array(), row.comment, width))
    at = end
  }
  return lines.map((line) => line.trimEnd()).join('\n')
}

function rowLine(at: number, got: Uint8Array, want: Uint8Array, comment: string, width: number): string {
  const mark = Buffer.compare(got, want) === 0 ? ' ' : '>'
  const offset = at.toString(16).padStart(6, '0')
  return `${mark} ${offset}  ${hexDigits(got).padEnd(width)}  ${hexDigits(want).padEnd(width)}  ${comment}`
}

function plainRows(bytes: Uint8Array, comment: string): HexRow[] {
  return Array.from({ length: Math.ceil(bytes.length / 8) }, (_, row) => ({
    bytes: bytes.subarray(row * 8, row * 8 + 8),
    comment,
  }))
}

/** `08 00 01 00`: the digits of some bytes, in pairs. */
export function hexDigits(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ')
}

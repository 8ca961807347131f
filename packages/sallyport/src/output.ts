/** One JSON document and nothing else on stdout; 64-bit counters become numbers, exact up to 2^53. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? Number(each) : each)))
}

export function print(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`)
}

/** Columns as wide as their widest cell; the last one is not padded. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')
  return rows.map((row) => line(row).trimEnd()).join('\n')
}

/** `1 change`, `2 changes` */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/**
 * Calls back when nobody reads stdout any more (`sallyport status | head -1`): no mistake, and nothing to say. Without
 * a listener, Node would end the program with a stack trace.
 */
export function onReaderGone(callback: () => void): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    callback()
  })
}

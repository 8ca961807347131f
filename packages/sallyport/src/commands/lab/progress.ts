const CLEAR = '\r\x1b[K'

/** One line on stderr that is written over, for a person who waits; gone when it is disposed of. Nothing without one. */
export class ProgressLine implements Disposable {
  show(text: string): void {
    const { isTTY, columns = 80 } = process.stderr
    // One that goes on in a second line could not be written over.
    if (isTTY) process.stderr.write(CLEAR + text.slice(0, columns - 1))
  }

  [Symbol.dispose](): void {
    if (process.stderr.isTTY) process.stderr.write(CLEAR)
  }
}

import type { Position } from './config.ts'
import { type Complaint, ConfigError, ConfigErrors } from './error.ts'
import { closest } from './suggest.ts'

/** Suggestions cost time that grows with errors × names: the first ones are enough for anybody. */
const SUGGESTIONS = 50
/** Nobody reads more; a file that isn't a config at all could otherwise be millions of mistakes long. */
const MOST = 1000

/** Collects the mistakes of one file, so that a person sees all of them at once. */
export class Problems {
  readonly #errors: ConfigError[] = []

  get count(): number {
    return this.#errors.length
  }

  /** Throws what there is when it is enough (1,000). */
  add(position: Position, complaint: Complaint): void {
    this.#errors.push(new ConfigError(position, complaint))
    if (this.count >= MOST) throw this.error()
  }

  /** A word that is none of the known ones; the hint names the nearest, or all of them when they are few. */
  unknown(position: Position, what: string, word: string, known: readonly string[]): void {
    const near = this.count < SUGGESTIONS ? closest(word, known) : undefined
    const hint = near === undefined ? list(known) : `did you mean "${near}"?`
    this.add(position, { problem: `${what} ${quote(word)} is not known`, hint, text: word })
  }

  throwIfAny(): void {
    if (this.count > 0) throw this.error()
  }

  /** Everything collected, in the order of the file. */
  error(): ConfigErrors {
    return new ConfigErrors(this.#errors.toSorted((a, b) => a.line - b.line || a.column - b.column))
  }
}

/** Text from the file inside a message: in quotes and not endless. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text)
}

function list(words: readonly string[]): string {
  const short = words.filter((word) => word.length <= 64)
  if (short.length === 0) return 'there is none to choose from'
  const more = short.length > 12 ? `, … (${short.length - 12} more)` : ''
  return `write one of ${short.slice(0, 12).join(', ')}${more}`
}

import type { Position } from './config.ts'

/** What is wrong at one place, and what to do about it. */
export interface Complaint {
  /** What is wrong, as the start of a sentence without full stop. */
  readonly problem: string
  /** What to do, as an order. */
  readonly hint: string
  /** The offending text; '' where nothing was written. */
  readonly text?: string
}

/** One mistake in a config file. Prints as `FILE:LINE:COLUMN: what is wrong; what to do`. */
export class ConfigError extends Error implements Position {
  override readonly name = 'ConfigError'
  readonly file: string
  /** From 1; 0 when there is no line to name: a module, a file that cannot be read. */
  readonly line: number
  readonly column: number
  readonly path: string
  readonly problem: string
  readonly hint: string
  readonly text: string

  constructor(position: Position, complaint: Complaint) {
    super(printable(`${formatPosition(position)}: ${complaint.problem}; ${complaint.hint}`))
    this.file = position.file
    this.line = position.line
    this.column = position.column
    this.path = position.path
    this.problem = complaint.problem
    this.hint = complaint.hint
    this.text = complaint.text ?? ''
  }
}

/** All mistakes that were found in one config file, in the order of the file; at least one. */
export class ConfigErrors extends Error {
  override readonly name = 'ConfigErrors'
  readonly errors: readonly ConfigError[]

  constructor(errors: readonly ConfigError[]) {
    super(errors.map((error) => error.message).join('\n'))
    this.errors = errors
  }
}

/** `FILE:LINE:COLUMN`; `FILE: PATH` in a module, `FILE` when there is neither. */
export function formatPosition(position: Position): string {
  if (position.line > 0) return `${position.file}:${position.line}:${position.column}`
  return position.path === '' ? position.file : `${position.file}: ${position.path}`
}

/** One line for a terminal: what controls it (escapes, line breaks, text direction) becomes `?`. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '?')
}

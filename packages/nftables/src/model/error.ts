/** What a builder or the compiler refuses, before anything is sent: what, where, why, and what to do instead. */
export class ModelError extends Error {
  /** The path to the offending part, outermost first: `table inet filter`, `chain input`, `rule 3`. */
  readonly where: readonly string[]
  readonly problem: string
  readonly hint: string | undefined

  constructor(problem: string, hint?: string, where: readonly string[] = []) {
    super(`${where.length > 0 ? `${where.join(', ')}: ` : ''}${problem}${hint === undefined ? '' : `; ${hint}`}`)
    this.name = 'ModelError'
    this.where = where
    this.problem = problem
    this.hint = hint
  }

  /** The same error seen from one level further out. */
  inside(place: string): ModelError {
    const outer = new ModelError(this.problem, this.hint, [place, ...this.where])
    outer.cause = this.cause ?? this
    return outer
  }
}

/** Runs `fn`; a {@link ModelError} out of it learns that it happened in `place`. */
export function inPlace<T>(place: string, fn: () => T): T {
  try {
    return fn()
  } catch (error) {
    throw error instanceof ModelError ? error.inside(place) : error
  }
}

/** One thing that was expected, and what was seen. */
export interface Fact {
  readonly what: string
  readonly expected: string
  readonly observed: string
  readonly ok: boolean
}

/** A fact that holds when exactly the expected was observed, or what `holds` accepts. */
export function fact(
  what: string,
  expected: string,
  observed: string,
  holds: (observed: string) => boolean = (seen) => seen === expected,
): Fact {
  return { what, expected, observed, ok: holds(observed) }
}

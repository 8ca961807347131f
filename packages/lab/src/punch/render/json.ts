import type { Matrix } from '../matrix.ts'

/**
 * The matrix as one JSON document: {@link Matrix} with a `format`, times in milliseconds.
 *
 * | field | |
 * | --- | --- |
 * | `format` | 'sallyport punch matrix 1'; the number grows when a field changes its meaning |
 * | `started`, `ms` | when it began (ISO 8601, UTC), how long it took |
 * | `presets[]` | `name`, `title`, `behaviour` (nat/behaviour.ts) of every NAT |
 * | `protocol`, `staggers[]`, `delay`, `trials` | what was tried in every cell |
 * | `ok` | every cell is as theory says |
 * | `cells[]` | `a`, `b`, `stagger`; `trials`, `open`, `ms` (`median`, `worst`), `incredible`; `theory` and `observed` ('direct', 'none', 'race'), `agrees`, `because[]`; `explanation` (`what`, `packets[]`, `flows.a[]`, `flows.b[]`) |
 */
export function matrixJson(matrix: Matrix): string {
  return JSON.stringify({ format: 'sallyport punch matrix 1', ...matrix })
}

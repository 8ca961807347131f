import type { Expression } from '../expr/index.ts'
import { debugExpression } from './forms.ts'

export { debugBytes, debugData } from './data.ts'
export { debugExpression } from './forms.ts'

/** The expressions of a rule as `nft --debug=netlink` prints them, without line ends: `[ … ] [ … ]`. */
export function debugRule(expressions: readonly Expression[]): string {
  return expressions.map(debugExpression).join(' ')
}

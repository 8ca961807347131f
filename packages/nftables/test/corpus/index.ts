import { actions } from './actions.ts'
import { bits } from './bits.ts'
import type { Case } from './case.ts'
import { everyField } from './fields.ts'
import { pairs } from './pairs.ts'
import { references } from './references.ts'
import { everyRule } from './rules.ts'
import { chainsOfAllKinds, named } from './sets.ts'
import { writes } from './writes.ts'

/** All rulesets that this kernel takes. */
export const corpus: readonly Case[] = [
  ...actions,
  ...writes,
  ...named,
  ...references,
  ...bits,
  ...pairs,
  ...chainsOfAllKinds,
  ...everyRule,
  ...everyField,
]
export type { Case } from './case.ts'
export { refused } from './refused.ts'

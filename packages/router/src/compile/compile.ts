import { Ruleset } from '@sallyport/nftables'
import type { Config } from '../config/index.ts'
import { defineArrival } from './arrive.ts'
import { defineConstants } from './constants.ts'
import { filterForward, filterInput } from './filter.ts'
import { defineForwards } from './forwards.ts'
import { limitFragments } from './fragments.ts'
import { defineLearning } from './learn.ts'
import { defineLearned } from './learned.ts'
import { defineLeaving } from './leave.ts'
import type { WantedSysctl } from './sysctl.ts'
import { sysctlsOf, usesIpv6 } from './sysctls.ts'
import { TABLE } from './table.ts'

/** All that the kernel should have for one config: what `plan` compares, `apply` makes, `render` prints. */
export interface Desired {
  readonly config: Config
  readonly ruleset: Ruleset
  readonly sysctls: readonly WantedSysctl[]
}

/** Pure: the same config gives the same ruleset, rule for rule. The chains stand in the order in which packets meet them. */
export function compileConfig(config: Config): Desired {
  const ruleset = new Ruleset()
  const table = ruleset.table(TABLE.family, TABLE.name)
  const constants = defineConstants(table, config)
  const forwards = defineForwards(table, config)
  const learned = defineLearned(table, config)
  limitFragments(table, constants, { ipv6: usesIpv6(config) })
  defineArrival(table, config, constants, forwards, learned)
  filterInput(table, config, constants)
  filterForward(table, config, constants)
  defineLeaving(table, config, constants, forwards, learned)
  defineLearning(table, forwards, learned)
  return { config, ruleset, sysctls: sysctlsOf(config) }
}

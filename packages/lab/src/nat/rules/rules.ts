import { Ruleset } from '@sallyport/nftables'
import type { Behaviour, ProtocolBehaviour } from '../behaviour.ts'
import type { Site } from '../preset.ts'
import { defineArriving, defineFilters } from './arrive.ts'
import type { Transport } from './keys.ts'
import { defineLearning } from './learn.ts'
import { defineLearned, type Learned } from './learned.ts'
import { defineLeaving } from './leave.ts'

/** The table that {@link rulesOf} makes. */
export const TABLE = { family: 'ip', name: 'nat_lab' } as const

const transports: readonly Transport[] = ['udp', 'tcp']

/**
 * A behaviour as stock nftables: the table `ip nat_lab`. With one external address its rules name no address, so that
 * they are the same for every site whose interfaces are called the same.
 */
export function rulesOf(behaviour: Behaviour, site: Site): Ruleset {
  const rules = new Ruleset()
  const table = rules.table(TABLE.family, TABLE.name)
  const protocols = transports.flatMap((transport): Learned[] => {
    const words = behaviour[transport]
    if (words === 'blocked') return []
    return [defineLearned(table, behaviour, words, shapeOf(transport, words, site))]
  })
  const blocked = transports.filter((transport) => behaviour[transport] === 'blocked')
  defineArriving(table, behaviour, site, protocols)
  defineLeaving(table, behaviour, site, protocols)
  defineLearning(table, site, protocols)
  defineFilters(table, behaviour, site, protocols, blocked)
  return rules
}

function shapeOf(transport: Transport, { mapping }: ProtocolBehaviour, { external }: Site): Learned['shape'] {
  return { transport, mapping, pooled: external.length > 1 }
}

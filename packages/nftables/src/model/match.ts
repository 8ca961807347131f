import type { Interval } from './interval.ts'
import type { Field, Selector } from './selector.ts'
import type { AnonymousSet, MapDefinition, SetDefinition } from './set.ts'

/** `tcp dport 80`, `ip saddr != 10.0.0.0/8`, `ct mark & 0xff == 5`: goes on when it holds. */
export interface Compare {
  readonly statement: 'compare'
  readonly selector: Field
  readonly operator: '==' | '!=' | '<' | '<=' | '>' | '>='
  readonly value: Interval
  /** Bits that are looked at; absent: all. */
  readonly mask?: bigint
}

/** `ct state established,related` (any bit of `mask`) or `tcp flags & (syn | ack) == syn` (equal to `value`). */
export interface Flags {
  readonly statement: 'flags'
  readonly selector: Field
  readonly test: 'any' | 'equal'
  readonly mask: bigint
  readonly value: bigint
}

/** `ip saddr @blocked`, `tcp dport { 22, 80 }` */
export interface SetLookup {
  readonly statement: 'lookup'
  readonly selector: Selector
  readonly set: SetDefinition | MapDefinition | AnonymousSet
  readonly inverted: boolean
}

/** `iifname vmap @chains` */
export interface VerdictMap {
  readonly statement: 'vmap'
  readonly selector: Selector
  readonly map: MapDefinition | AnonymousSet
}

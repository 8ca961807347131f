import type { Flow, StatusFlag } from './flow.ts'
import type { Protocol } from './protocol.ts'
import type { Family, Tuple } from './tuple.ts'

/** Which flows: all that is given has to hold. */
export interface FlowFilter {
  readonly family?: Family
  readonly protocol?: Protocol
  readonly zone?: number
  /** The whole mark, or some bits of it. */
  readonly mark?: number | { readonly value: number; readonly mask: number }
  /** Flags that must all be there. */
  readonly status?: readonly StatusFlag[]
  /** Parts of the tuples that must be equal; addresses in the form of RFC 5952. */
  readonly original?: TupleFilter
  readonly reply?: TupleFilter
}

/** Parts of a tuple. */
export type TupleFilter = Partial<Omit<Tuple, 'others'>>

/** True when a flow is one of those that the filter means. */
export function flowMatches(flow: Flow, filter: FlowFilter): boolean {
  const { value, mask } = markFilter(filter)
  return (
    (filter.family === undefined || flow.family === filter.family) &&
    (filter.protocol === undefined || flow.protocol === filter.protocol) &&
    (filter.zone === undefined || flow.zone === filter.zone) &&
    (flow.mark & mask) >>> 0 === value >>> 0 &&
    (filter.status ?? []).every((flag) => flow.status.has(flag)) &&
    sameParts(flow.original, filter.original) &&
    sameParts(flow.reply, filter.reply)
  )
}

/** True when every flow there may be is one of those that the filter means. */
export function meansAll({
  family,
  protocol,
  zone,
  status = [],
  original = {},
  reply = {},
  mark,
}: FlowFilter): boolean {
  const parts = [...status, ...Object.keys(original), ...Object.keys(reply)]
  const named = family ?? protocol ?? zone
  return named === undefined && parts.length === 0 && (mark === undefined || markFilter({ mark }).mask === 0)
}

/** The filter's mark as value and mask; without one, a mask that lets everything through. */
export function markFilter({ mark }: FlowFilter): { readonly value: number; readonly mask: number } {
  if (mark === undefined) return { value: 0, mask: 0 }
  return typeof mark === 'number' ? { value: mark, mask: 0xffffffff } : mark
}

function sameParts(tuple: Tuple, parts: TupleFilter = {}): boolean {
  return (Object.keys(parts) as (keyof TupleFilter)[]).every((part) => tuple[part] === parts[part])
}

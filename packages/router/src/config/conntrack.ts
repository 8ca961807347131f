import type { Conntrack, Nat, TimeoutName } from './config.ts'
import { type Bounds, formatDuration, parseDuration } from './duration.ts'
import type { Node } from './node.ts'
import type { Problems } from './problems.ts'
import { maxShape, timeoutShapes } from './schema.ts'
import { checkKeys, checkMap, read } from './shape.ts'
import { Span } from './span.ts'

/** The names that `conntrack.timeouts` knows. */
export const TIMEOUT_NAMES: readonly TimeoutName[] = Object.keys(timeoutShapes) as TimeoutName[]

/** The kernel keeps them in ticks, in a signed number of 32 bits: with 1000 a second, 24.8 days fit. */
const BOUNDS: Bounds = { shortest: 1, longest: 24 * 86_400 }
const KEYS = { known: ['max', 'timeouts'], later: ['helpers'] }

/** `conntrack`, as far as it is written. */
export function readConntrack(root: Node, problems: Problems): Conntrack {
  const map = root.get('conntrack')
  if (map !== undefined) checkKeys(map, KEYS, 'such as "conntrack: { timeouts: { udp_stream: 180s } }"', problems)
  const max = map?.get('max')
  return {
    max: max && read(maxShape, max, { hint: 'write a whole number such as 262144' }, problems),
    timeouts: readTimeouts(map?.get('timeouts'), problems),
  }
}

function readTimeouts(map: Node | undefined, problems: Problems): Conntrack['timeouts'] {
  if (map === undefined) return {}
  checkMap(map, TIMEOUT_NAMES, 'such as "timeouts: { udp_stream: 180s }"', problems)
  const written = TIMEOUT_NAMES.flatMap((name) => {
    const seconds = readTimeout(name, map, problems)
    return seconds === undefined ? [] : [[name, seconds] as const]
  })
  return Object.fromEntries(written)
}

function readTimeout(name: TimeoutName, map: Node, problems: Problems): number | undefined {
  const node = map.get(name)
  if (node === undefined) return undefined
  const hint = 'write a duration such as 60s, 5m or 2h'
  if (read(timeoutShapes[name], node, { hint }, problems) === undefined) return undefined
  return parseDuration(Span.of(node), BOUNDS, problems)
}

/**
 * When another host takes an idle port, no flow of the old holder may still occupy it. For TCP that cannot be had:
 * connections live for hours.
 */
export function checkTakeover(root: Node, nat: Nat, { timeouts }: Conntrack, problems: Problems): void {
  if (nat.mapping !== 'endpoint-independent' || !nat.protocols.includes('udp')) return
  for (const name of ['udp', 'udp_stream'] as const) {
    const seconds = timeouts[name]
    if (seconds === undefined || seconds <= nat.takeover) continue
    const span = Span.of(root.get('conntrack')!.get('timeouts')!.get(name)!)
    const longest = formatDuration(nat.takeover)
    problems.add(span.position, {
      problem: `${name} ${span.text} is longer than nat.takeover, ${longest}: a flow would occupy a port that is another host's`,
      hint: `write ${longest} or less, or a longer nat.takeover`,
      text: span.text,
    })
  }
}

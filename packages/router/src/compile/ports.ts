import type { Config, PortRange, Protocol, ProtocolPorts } from '../config/index.ts'

/**
 * Where hosts that may not open ports leave from: endpoint-independent mappings never use these ports, so that the
 * two kinds of traffic cannot come to share one (RFC 4787 REQ-3).
 */
export const PLAIN_PORTS: PortRange = { from: 61000, to: 65535 }

const FIRST_DYNAMIC = 1024 // RFC 6335 section 6: below are the System Ports
const ROOMY = 8192
/** A remap range of fewer ports would often be hit by what is already taken. */
export const LEAST_GAP = 1024

/** Ports that no outbound packet may be given, because they are somebody's already. Sorted, disjoint per protocol. */
export function unavailablePorts(config: Config, protocol: Protocol): PortRange[] {
  const of = (ports: readonly ProtocolPorts[]): PortRange[] => ports.filter((each) => each.protocol === protocol)
  const own: PortRange[] =
    protocol === 'udp'
      ? [
          { from: 68, to: 68 },
          { from: 546, to: 546 },
        ]
      : []
  return merged([
    ...of(config.nat.reserved),
    ...of(config.forwards),
    ...config.hosts.flatMap((host) => of(host.owns)),
    ...of(config.allow.wanToRouter.ports),
    ...own, // DHCP clients of the router itself
    PLAIN_PORTS,
  ])
}

/** Ranges that touch or overlap become one. */
export function merged(ranges: readonly PortRange[]): PortRange[] {
  const result: PortRange[] = []
  for (const range of [...ranges].sort((a, b) => a.from - b.from)) {
    const last = result.at(-1)
    if (last !== undefined && range.from <= last.to + 1)
      result[result.length - 1] = { from: last.from, to: Math.max(last.to, range.to) }
    else result.push({ from: range.from, to: range.to })
  }
  return result
}

/**
 * Where a host goes whose own port is taken. The kernel picks from one contiguous range, so that scattered forwards
 * must not lie inside it: the highest free run of 8192 ports or more, since that is where dynamic ports are expected
 * (RFC 6335 section 6), else the widest. Undefined when less than 1024 ports in a row are left.
 */
export function remapRange(config: Config, protocol: Protocol): PortRange | undefined {
  const gaps = freeRuns(unavailablePorts(config, protocol))
  const roomy = gaps.filter((gap) => lengthOf(gap) >= ROOMY).at(-1)
  const widest = gaps.reduce<PortRange | undefined>(
    (best, gap) => (lengthOf(gap) > lengthOf(best) ? gap : best),
    undefined,
  )
  const best = roomy ?? widest
  return lengthOf(best) >= LEAST_GAP ? best : undefined
}

/** From the lowest to the highest port that a mapping may have. Not all of them may be had: `unavailable` says which. */
export function keptRange(config: Config, protocol: Protocol): PortRange {
  const [first] = unavailablePorts(config, protocol)
  return { from: first !== undefined && first.from <= 1 ? first.to + 1 : 1, to: PLAIN_PORTS.from - 1 }
}

/** What lies between sorted, disjoint ranges, from the first dynamic port on. */
function freeRuns(taken: readonly PortRange[]): PortRange[] {
  const gaps: PortRange[] = []
  let free = FIRST_DYNAMIC
  for (const { from, to } of [...taken, { from: 65536, to: 65536 }]) {
    if (from > free) gaps.push({ from: free, to: from - 1 })
    free = Math.max(free, to + 1)
  }
  return gaps
}

const lengthOf = (range: PortRange | undefined): number => (range === undefined ? 0 : range.to - range.from + 1)

/** `30000` or `30000-30099`, as nft and our own config write it. */
export function formatPorts({ from, to }: PortRange): number | `${number}-${number}` {
  return from === to ? from : `${from}-${to}`
}

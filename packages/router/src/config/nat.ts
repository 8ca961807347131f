import type { Conntrack, Host, Nat, Protocol, ProtocolPorts } from './config.ts'
import type { NatEntry } from './config-file.ts'
import { type Bounds, formatDuration, parseDuration } from './duration.ts'
import type { Hosts } from './hosts.ts'
import type { Claim } from './ledger.ts'
import type { Node } from './node.ts'
import { mergePorts, PROTOCOLS, parsePorts } from './ports.ts'
import type { Problems } from './problems.ts'
import { limitNumber, natShapes } from './schema.ts'
import { checkMap, read } from './shape.ts'
import { Span } from './span.ts'

/** RFC 4787 REQ-5: five minutes or more is what a mapping should live. */
const DEFAULT_TIMEOUT = 300
const DEFAULT_TAKEOVER = 120
/** Of listed hosts. For a whole LAN a set for every address would be needed: only who asks for a limit gets them. */
const DEFAULT_LIMIT = 1024
/** RFC 6335 section 6: the system ports, where the router's own services are. */
const DEFAULT_RESERVED: readonly ProtocolPorts[] = PROTOCOLS.map((protocol) => ({ protocol, from: 0, to: 1023 }))
/** Mappings are refreshed once a second, so that a shorter timeout could lose one that is in use. */
const TIMEOUT: Bounds = { shortest: 2, longest: 86_400 }
const TAKEOVER: Bounds = { shortest: 1, longest: 86_400 }

const HINTS: Readonly<Record<keyof NatEntry, string>> = {
  mapping: 'write endpoint-independent or address-and-port-dependent',
  filtering: 'write endpoint-independent, address-dependent or address-and-port-dependent',
  protocols: 'write a list: [udp] or [udp, tcp]',
  hosts: 'write a list of names from hosts, or leave the key out for the whole LAN',
  reserved: 'write a list such as [udp/0-1024, udp/5353]',
  timeout: 'write a duration such as 5m',
  limit: 'write a whole number from 1 to 65535, or none',
  takeover: 'write a duration such as 2m',
}
const KEYS = Object.keys(natShapes)

type Map = Node | undefined

/** `nat` with its defaults, of which one depends on `conntrack`, and the reserved ports that were written (the default ones give way to a forward). */
export function readNat(
  root: Node,
  { hosts, conntrack }: { readonly hosts: Hosts; readonly conntrack: Conntrack },
  problems: Problems,
): { nat: Nat; reserved: Claim[] } {
  const map = root.get('nat')
  if (map !== undefined) checkMap(map, KEYS, 'such as "nat: { filtering: endpoint-independent }"', problems)
  const reserved = readReserved(map, problems)
  const timeout = readDuration('timeout', map, TIMEOUT, problems) ?? DEFAULT_TIMEOUT
  const named = readHostNames(map, hosts, problems)
  const nat: Nat = {
    ...readBehaviour(map, problems),
    protocols: readProtocols(map, problems),
    hosts: named,
    reserved: mergePorts(reserved ?? DEFAULT_RESERVED),
    timeout,
    limit: readLimit(map, problems) ?? (named === 'lan' ? 'none' : DEFAULT_LIMIT),
    takeover: readTakeover(map, { timeout, conntrack }, problems),
  }
  return { nat, reserved: reserved ?? [] }
}

function readLimit(map: Map, problems: Problems): number | 'none' | undefined {
  const node = map?.get('limit')
  if (node === undefined || node.value === 'none') return node && 'none'
  return read(limitNumber, node, { hint: HINTS.limit }, problems)
}

function field<K extends keyof NatEntry>(key: K, map: Map, problems: Problems): Required<NatEntry>[K] | undefined {
  const node = map?.get(key)
  return node === undefined ? undefined : read(natShapes[key], node, { hint: HINTS[key] }, problems)
}

/** A mapping that depends on the destination has no port that anybody else could reach: no wider filtering exists. */
function readBehaviour(map: Map, problems: Problems): Pick<Nat, 'mapping' | 'filtering'> {
  const mapping = field('mapping', map, problems) ?? 'endpoint-independent'
  const filtering = field('filtering', map, problems) ?? 'address-and-port-dependent'
  if (mapping === 'address-and-port-dependent' && filtering !== mapping) {
    const problem = `filtering ${filtering} is wider than the mapping, which is ${mapping}`
    const hint = 'write filtering: address-and-port-dependent, or mapping: endpoint-independent'
    problems.add(map!.get('filtering')!.position(), { problem, hint, text: filtering })
  }
  return { mapping, filtering }
}

function readProtocols(map: Map, problems: Problems): Protocol[] {
  const chosen = field('protocols', map, problems) ?? ['udp']
  return PROTOCOLS.filter((protocol) => chosen.includes(protocol))
}

function readHostNames(map: Map, hosts: Hosts, problems: Problems): 'lan' | Host[] {
  if (field('hosts', map, problems) === undefined) return 'lan'
  const named = map!.get('hosts')!.items.flatMap((item) => hosts.named(Span.of(item), problems) ?? [])
  return [...new Set(named)]
}

function readReserved(map: Map, problems: Problems): Claim[] | undefined {
  if (field('reserved', map, problems) === undefined) return undefined
  return map!.get('reserved')!.items.flatMap((item) => {
    const span = Span.of(item)
    return (parsePorts(span, problems, 0) ?? []).map((ports) => ({
      ...ports,
      position: span.position,
      text: span.text,
    }))
  })
}

function readDuration(key: 'timeout' | 'takeover', map: Map, bounds: Bounds, problems: Problems): number | undefined {
  if (field(key, map, problems) === undefined) return undefined
  return parseDuration(Span.of(map!.get(key)!), bounds, problems)
}

function readTakeover(
  map: Map,
  { timeout, conntrack }: { readonly timeout: number; readonly conntrack: Conntrack },
  problems: Problems,
): number {
  const takeover = readDuration('takeover', map, TAKEOVER, problems)
  // No flow may outlive its host's right to the port: who wants longer ones and says no more gets a longer right, too.
  const { udp = 0, udp_stream = 0 } = conntrack.timeouts
  if (takeover === undefined) return Math.min(Math.max(DEFAULT_TAKEOVER, udp, udp_stream), timeout)
  if (takeover > timeout) {
    const span = Span.of(map!.get('takeover')!)
    const problem = `takeover ${span.text} is longer than the timeout of ${formatDuration(timeout)}`
    problems.add(span.position, {
      problem,
      hint: 'write a shorter one: after the timeout the port is free anyway',
      text: span.text,
    })
  }
  return takeover
}

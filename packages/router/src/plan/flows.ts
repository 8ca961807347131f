import type { Flow } from '@sallyport/linux'
import { PLAIN_PORTS, unavailablePorts } from '../compile/ports.ts'
import type { Config, PortRange, Protocol } from '../config/index.ts'
import type { Verdicts, Way } from './verdicts.ts'

export type Zone = 'lan' | 'wan' | 'router'

/** What a change means to the flows that are there: rules decide about first packets only. */
export interface Turn {
  /** `unknown`: an apply was interrupted, and nobody knows any more under which rules the flows began. */
  readonly before: Verdicts | 'nothing' | 'unknown'
  readonly after: Verdicts
  readonly config: Config
  readonly zoneOf: (address: string) => Zone
}

/** A turn from one table of ours to another, and what many flows are compared with. */
interface Change extends Turn {
  readonly before: Verdicts | 'unknown'
  readonly taken: Readonly<Record<Protocol, readonly PortRange[]>>
  /** External ports and peers that hosts have written to: `udp 50000 203.0.113.10`. */
  readonly contacts: ReadonlySet<string>
}

/** The flows that the new rules would not have let begin, though the old ones did: they would go on for as long as they liked. */
export function wrongFlows(flows: readonly Flow[], turn: Turn): Flow[] {
  const { before, config } = turn
  if (before === 'nothing') return flows.filter((flow) => isUntranslated(flow, turn))
  const taken = { tcp: unavailablePorts(config, 'tcp'), udp: unavailablePorts(config, 'udp') }
  const change: Change = { ...turn, before, taken, contacts: new Set(flows.flatMap(contactOf)) }
  return flows.filter((flow) => hasPorts(flow) && isWrong(flow, change))
}

/** From the LAN to the internet as it is: it began when nobody translated it, and would never be. */
function isUntranslated({ family, status, original }: Flow, { zoneOf }: Turn): boolean {
  const outward = zoneOf(original.source) === 'lan' && zoneOf(original.destination) === 'wan'
  return family === 'ipv4' && outward && !status.has('snat')
}

/** A flow of the two protocols that forwards, open ports and `allow` are about. */
interface PortFlow extends Flow {
  readonly protocol: Protocol
}

function hasPorts(flow: Flow): flow is PortFlow {
  return flow.protocol === 'tcp' || flow.protocol === 'udp'
}

/** Flows whose destination was rewritten are the business of forwards and open ports, the others that of `allow`. */
function isWrong(flow: PortFlow, change: Change): boolean {
  if (leavesByForeignPort(flow, change)) return true
  return flow.status.has('dnat') ? leadsElsewhere(flow, change) || isUninvited(flow, change) : isBarred(flow, change)
}

/** Addressed to the router, and rewritten to a host inside, where its port does not lead any more. */
function leadsElsewhere({ protocol, original, reply }: PortFlow, { before, after, zoneOf }: Change): boolean {
  if (zoneOf(original.destination) !== 'router' || zoneOf(reply.source) !== 'lan') return false
  const port = original.destinationPort ?? 0
  const isThere = (verdicts: Verdicts): boolean => {
    const to = verdicts.leads(protocol, port)
    return to !== undefined && to.address === reply.source && to.port === reply.sourcePort
  }
  return !isThere(after) && (before === 'unknown' || isThere(before))
}

/** Came in by an open port when everybody might; now only those may whom the host has written to. */
function isUninvited({ protocol, original }: PortFlow, { before, after, contacts }: Change): boolean {
  if (!after.filtersByAddress || (before !== 'unknown' && before.filtersByAddress)) return false
  const port = original.destinationPort ?? 0
  if (after.forwards(protocol, port) !== undefined || after.leads(protocol, port) === undefined) return false
  return !contacts.has(`${protocol} ${port} ${original.source}`)
}

/** The external port and the peer of a flow that a host has opened. */
function contactOf({ protocol, status, reply }: Flow): string[] {
  return status.has('snat') && !status.has('dnat') ? [`${protocol} ${reply.destinationPort} ${reply.source}`] : []
}

/**
 * Left with a port that has become somebody else's, or with one for open ports though its host may have none. Only
 * protocols with endpoint-independent mappings have ports that are anybody's.
 */
function leavesByForeignPort(flow: PortFlow, { after, config, taken, zoneOf }: Change): boolean {
  const { protocol, status, original, reply } = flow
  const { mapping, protocols, hosts } = config.nat
  if (mapping !== 'endpoint-independent' || !protocols.includes(protocol)) return false
  if (!status.has('snat') || zoneOf(original.source) !== 'lan') return false
  const port = reply.destinationPort ?? 0
  if (within(port, PLAIN_PORTS) || after.forwards(protocol, port)?.address === original.source) return false
  const mayOpen = hosts === 'lan' || hosts.some(({ address }) => address === original.source)
  return !mayOpen || taken[protocol].some((range) => within(port, range))
}

const within = (port: number, { from, to }: PortRange): boolean => port >= from && port <= to

/** Goes a way that `allow` has closed. A flow that was expected (of an ftp, …) never asked it. */
function isBarred({ protocol, status, original }: PortFlow, { before, after, zoneOf }: Change): boolean {
  const way = wayOf(zoneOf(original.source), zoneOf(original.destination))
  const port = original.destinationPort ?? 0
  if (way === undefined || status.has('expected') || after.admits(way, protocol, port)) return false
  return before === 'unknown' || before.admits(way, protocol, port)
}

/** Undefined: `allow` has no say there. */
function wayOf(from: Zone, to: Zone): Way | undefined {
  if (from === 'lan') return `lan_${to}`
  return from === 'wan' && to === 'router' ? 'wan_router' : undefined
}

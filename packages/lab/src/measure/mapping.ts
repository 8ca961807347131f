import { type Endpoint, sameEndpoint } from '../traffic/endpoint.ts'
import { type Mailbox, NoAnswer, type Patience } from '../traffic/mailbox.ts'
import { report } from '../traffic/reflector.ts'
import type { Verdict } from './grade.ts'
import type { MeasuringServer } from './server.ts'

/** Where each of four destinations saw one socket come from; undefined: no answer. */
export interface Sightings {
  /** By server 1, port 1. */
  readonly primary: Endpoint | undefined
  /** By server 1, port 2. */
  readonly otherPort: Endpoint | undefined
  /** By server 2, port 1. */
  readonly otherAddress: Endpoint | undefined
  /** By server 2, port 2. */
  readonly otherBoth: Endpoint | undefined
}

/** Repeated, since a NAT may drop a first packet and map the second. */
const usual: Patience = { attempts: 4, interval: 250 }

/** How mappings are measured. */
export interface MappingOptions {
  /**
   * Every host begins at another destination, and they meet later. Harder: a NAT that looks at one destination at a
   * time has given all of them the same external port by then. Default false: they meet at the first one.
   */
  readonly crossed?: boolean
  /** How often a server is asked that may not answer. */
  readonly patience?: Patience
}

/**
 * Lets all hosts ask all destinations, in rounds of one destination each: hosts that share a local port meet there,
 * which is where a NAT shows whether it gives them external ports of their own.
 */
export function sightings(
  hosts: readonly Mailbox[],
  servers: readonly [MeasuringServer, MeasuringServer],
  { crossed = false, patience = usual }: MappingOptions = {},
): Promise<Sightings[]> {
  const [one, two] = servers
  const destinations = [one.first, two.first, one.second, two.second].map(({ endpoint }) => endpoint)
  return inRounds(hosts, destinations, (host, server) => sighting(host, server, patience), crossed)
}

/** The order of {@link sightings}, however one asks. `destinations`: as in RFC 5780's tests I, II, then the rest. */
export async function inRounds<H>(
  hosts: readonly H[],
  destinations: readonly Endpoint[],
  ask: (host: H, destination: Endpoint) => Promise<Endpoint | undefined>,
  crossed = false,
): Promise<Sightings[]> {
  const seen = hosts.map((): (Endpoint | undefined)[] => [])
  const blocked = new Set<H>() // one destination without an answer is the verdict
  for (let round = 0; round < destinations.length; round += 1) {
    // One host after the other: who was first is known, so that a measurement can be repeated.
    for (const [index, host] of hosts.entries()) {
      const which = (round + (crossed ? index : 0)) % destinations.length
      if (!blocked.has(host)) seen[index]![which] = await ask(host, destinations[which]!)
      if (seen[index]![which] === undefined) blocked.add(host)
    }
  }
  return seen.map(([primary, otherAddress, otherPort, otherBoth]) => ({ primary, otherPort, otherAddress, otherBoth }))
}

async function sighting(host: Mailbox, server: Endpoint, patience: Patience): Promise<Endpoint | undefined> {
  try {
    return (await report(host, server, patience)).source
  } catch (error) {
    if (error instanceof NoAnswer) return undefined
    throw error
  }
}

/** RFC 5780 §4.3, with one destination more: both ports of one address alike, both addresses different is needed. */
export function mappingOf({ primary, otherPort, otherAddress, otherBoth }: Sightings): Verdict {
  if (!primary || !otherPort || !otherAddress || !otherBoth) return 'blocked'
  const perAddress = sameEndpoint(primary, otherPort) && sameEndpoint(otherAddress, otherBoth)
  if (!perAddress) return 'address-and-port-dependent'
  return sameEndpoint(primary, otherAddress) ? 'endpoint-independent' : 'address-dependent'
}

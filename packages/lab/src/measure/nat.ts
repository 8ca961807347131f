import { type Endpoint, printEndpoint } from '../traffic/endpoint.ts'
import type { Mailbox } from '../traffic/mailbox.ts'
import { filteringOf, type Waiting } from './filtering.ts'
import { type Grade, grade, type Verdict } from './grade.ts'
import { type Hairpin, hairpinBetween, type Seen } from './hairpin.ts'
import { type MappingOptions, mappingOf, type Sightings, sightings } from './mapping.ts'
import type { MeasuringServer } from './server.ts'

/** A host behind the NAT: its name, its address there, and the socket that is measured. */
export interface Subject {
  readonly name: string
  readonly address: string
  readonly box: Mailbox
}

/** Who takes part in a measurement: none of the senders may have been written to before. */
export interface Party extends MappingOptions {
  readonly hosts: readonly Subject[]
  readonly servers: readonly [MeasuringServer, MeasuringServer]
  /** On an address of its own, which no host ever writes to. */
  readonly stranger: Mailbox
  /** Measure hairpinning too; default false. */
  readonly hairpin?: boolean
  /** How long a probe is waited for that a filter may drop. */
  readonly waiting?: Waiting
}

/** What one host gets from its NAT, as measured. */
export interface NatBehaviour {
  readonly host: string
  /** 'ADDRESS:PORT' of its socket inside. */
  readonly local: string
  /** 'ADDRESS:PORT' outside when every destination saw the same, else null. */
  readonly external: string | null
  readonly mapping: Verdict
  readonly filtering: Verdict
  readonly grade: Grade
  /** The first destination saw the local port. */
  readonly preservesPort: boolean
  /** Towards the next host of the party (alone: towards itself); absent when it was not measured. */
  readonly hairpin?: Hairpin
}

/**
 * Measures all hosts together, since a NAT may treat a host well until another one uses the same port: first the
 * mappings of all, towards every destination, then the filtering of all, then hairpinning. Nothing is assumed:
 * every word of the result was observed.
 */
export async function natBehaviour(party: Party): Promise<NatBehaviour[]> {
  const seen = await sightings(
    party.hosts.map(({ box }) => box),
    party.servers,
    party,
  )
  const filtering = await Promise.all(party.hosts.map((host, index) => filteringOfHost(party, host, seen[index]!)))
  const hairpins = party.hairpin ? await hairpinsOf(party, seen) : []
  return party.hosts.map((host, index) => behaviour(host, seen[index]!, filtering[index]!, hairpins[index]))
}

function filteringOfHost(party: Party, host: Subject, { primary }: Sightings): Promise<Verdict> {
  if (primary === undefined) return Promise.resolve('blocked')
  return filteringOf(host.box, primary, { stranger: party.stranger, server: party.servers[0] }, party.waiting)
}

/** One after the other: a packet of one pair may open the way for the next. */
async function hairpinsOf({ hosts, waiting }: Party, seen: readonly Sightings[]): Promise<Hairpin[]> {
  const found: Hairpin[] = []
  for (const [index, host] of hosts.entries()) {
    const next = (index + 1) % hosts.length
    const from = seenHost(host, seen[index]!)
    const to = seenHost(hosts[next]!, seen[next]!)
    found.push(from && to ? await hairpinBetween(from, to, waiting?.rounds, waiting?.hairpin) : 'none')
  }
  return found
}

function seenHost(host: Subject, seen: Sightings): Seen | undefined {
  const { primary } = seen
  const anyPort = mappingOf(seen) !== 'endpoint-independent'
  return primary && { box: host.box, local: localOf(host), external: primary, anyPort }
}

function behaviour(host: Subject, seen: Sightings, filtering: Verdict, hairpin: Hairpin | undefined): NatBehaviour {
  return {
    ...describeBehaviour(host.name, localOf(host), seen, filtering),
    ...(hairpin === undefined ? {} : { hairpin }),
  }
}

/** One row of a result from what was seen. */
export function describeBehaviour(host: string, local: Endpoint, seen: Sightings, filtering: Verdict): NatBehaviour {
  const mapping = mappingOf(seen)
  return {
    host,
    local: printEndpoint(local),
    external: mapping === 'endpoint-independent' && seen.primary ? printEndpoint(seen.primary) : null,
    mapping,
    filtering,
    grade: grade(mapping, filtering),
    preservesPort: seen.primary?.port === local.port,
  }
}

function localOf({ address, box }: Subject): Endpoint {
  return { address, port: box.local.port }
}

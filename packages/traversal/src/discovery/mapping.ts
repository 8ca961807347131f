import type { Endpoint } from '../stun/index.ts'
import type { Course, Sighted } from './course.ts'
import { printEndpoint, sameEndpoint } from './endpoint.ts'
import { ask, open, type Script, say } from './script.ts'
import type { Mapping } from './words.ts'

/** How one socket was seen by somebody. */
export interface Sighting {
  readonly by: Endpoint
  readonly mapped: Endpoint
}

export interface MappingFound {
  readonly verdict: Mapping
  readonly why: readonly string[]
  readonly sightings: readonly Sighting[]
  /** The socket, as the first server sees it; undefined when that one stopped answering. */
  readonly sighted: Sighted | undefined
}

/**
 * What external endpoints one socket gets (RFC 5780 section 4.3, with one destination more: the other port of the first
 * address). @param more other servers, for a mapping needs two addresses to be judged
 */
export function* mapping(course: Course, more: readonly Endpoint[]): Script<MappingFound> {
  yield* say('mapping: how others see one socket')
  const socket = yield* open({ address: course.local })
  const sightings: Sighting[] = []
  const silent: Endpoint[] = []
  let sighted: Sighted | undefined
  for (const by of destinations(course, more)) {
    const seen = socket && (yield* ask({ socket: socket.socket, to: by, pace: course.pace }))
    if (seen?.kind !== 'success') silent.push(by)
    else sightings.push({ by, mapped: seen.mapped })
    if (seen?.kind === 'success' && by === course.server) sighted = { ...socket!, mapped: seen.mapped, now: seen.now }
  }
  return { verdict: mappingOf(sightings), why: explain(sightings, silent), sightings, sighted }
}

/** The other address on the same port comes second: who has only two answers wants that one. */
function destinations({ server, other }: Course, more: readonly Endpoint[]): Endpoint[] {
  const alternates = other && [
    { address: other.address, port: server.port },
    { address: server.address, port: other.port },
    other,
  ]
  const all = [server, ...(alternates ?? []), ...more]
  return all.filter((each, index) => all.findIndex((before) => sameEndpoint(before, each)) === index)
}

/** No more than what was seen allows to say. */
export function mappingOf(sightings: readonly Sighting[]): Mapping {
  const pairs = sightings.flatMap((one, index) => sightings.slice(index + 1).map((two) => [one, two] as const))
  const ports = pairs.filter(([one, two]) => one.by.address === two.by.address)
  const addresses = pairs.filter(([one, two]) => one.by.address !== two.by.address)
  const alike = ([one, two]: readonly [Sighting, Sighting]): boolean => sameEndpoint(one.mapped, two.mapped)
  if (!ports.every(alike)) return 'address-and-port-dependent'
  if (addresses.length === 0) return 'unknown'
  if (addresses.every(alike)) return 'endpoint-independent'
  return ports.length > 0 ? 'address-dependent' : 'dependent'
}

function explain(sightings: readonly Sighting[], silent: readonly Endpoint[]): string[] {
  const seen = sightings.map(({ by, mapped }) => `${printEndpoint(by)} sees ${printEndpoint(mapped)}`)
  return [...seen, ...silent.map((by) => `${printEndpoint(by)} does not answer`)]
}

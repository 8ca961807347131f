import { type Endpoint, printEndpoint, sameEndpoint } from '../traffic/endpoint.ts'
import type { Mailbox } from '../traffic/mailbox.ts'
import { type Reflector, report } from '../traffic/reflector.ts'
import { ExpectationFailed } from './failure.ts'

/** Where a server sees a socket come from, asked until it answers. Throws NoAnswer when it never does. */
export async function mappingTo(box: Mailbox, server: Reflector): Promise<Endpoint> {
  return (await report(box, server.endpoint)).source
}

/** What each of several servers sees, by its name. */
async function mappings(box: Mailbox, servers: readonly Reflector[]): Promise<ReadonlyMap<Reflector, Endpoint>> {
  const seen = new Map<Reflector, Endpoint>()
  for (const server of servers) seen.set(server, await mappingTo(box, server))
  return seen
}

/**
 * All servers see the socket come from one endpoint (RFC 4787 REQ-1), which is returned.
 * Throws {@link ExpectationFailed} that says what each of them saw.
 */
export async function expectSameMapping(box: Mailbox, servers: readonly Reflector[]): Promise<Endpoint> {
  const seen = await mappings(box, servers)
  const [first, ...others] = seen.values()
  if (first === undefined) throw new RangeError('at least one server has to look')
  if (others.every((each) => sameEndpoint(first, each))) return first
  throw new ExpectationFailed(`${describe(box)} has no single mapping: ${list(seen)}`, {
    expected: `${printEndpoint(first)} to all of them`,
    actual: list(seen),
  })
}

/** Every server sees the socket come from another endpoint, as behind a symmetric NAT; they are returned in order. */
export async function expectMappingForEach(box: Mailbox, servers: readonly Reflector[]): Promise<Endpoint[]> {
  const seen = await mappings(box, servers)
  const distinct = new Set([...seen.values()].map(printEndpoint))
  if (distinct.size === seen.size) return [...seen.values()]
  throw new ExpectationFailed(`${describe(box)} has a mapping for several servers: ${list(seen)}`, {
    expected: `${seen.size} endpoints`,
    actual: list(seen),
  })
}

/** Two sockets must not share an external endpoint towards a server (RFC 4787 REQ-3). */
export async function expectOwnMappings(boxes: readonly Mailbox[], server: Reflector): Promise<Endpoint[]> {
  const seen: Endpoint[] = []
  for (const box of boxes) seen.push(await mappingTo(box, server))
  const texts = seen.map(printEndpoint)
  if (new Set(texts).size === texts.length) return seen
  throw new ExpectationFailed(`sockets share an external endpoint: ${texts.join(', ')}`, {
    expected: 'one for each',
    actual: texts,
  })
}

function describe(box: Mailbox): string {
  return `the socket on ${printEndpoint(box.local)}`
}

function list(seen: ReadonlyMap<Reflector, Endpoint>): string {
  return [...seen]
    .map(([{ host, endpoint }, source]) => `${printEndpoint(source)} to ${host}:${endpoint.port}`)
    .join(', ')
}

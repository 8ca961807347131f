import {
  filteringOf,
  hairpinBetween,
  type Subject as Measured,
  mappingOf,
  openServer,
  type Party,
  type Sightings,
  sightings,
  tcpBehaviour,
} from '../measure/index.ts'
import { type Endpoint, type Mailbox, NoAnswer, type Patience, printEndpoint, report } from '../traffic/index.ts'
import type { Facts, Observed, Shown } from './facts.ts'
import type { Ground } from './ground.ts'
import { filteringShown, hairpinShown, probeShown, sightingsShown, tcpShown } from './shown.ts'

export interface ExamineOptions {
  /** Milliseconds after which an answer or a probe is given up; default 200. Longer for slow or lossy links. */
  readonly within?: number
}

/** What is examined: on which ground, and how the NAT is made to forget between two examinations. */
export interface Subject extends Required<ExamineOptions> {
  readonly ground: Ground
  readonly external: readonly string[]
  readonly flush: () => Promise<void>
  /** How many of the two hosts the NAT serves at all. */
  readonly served: 1 | 2
}

/** Local ports: each examination has its own. The first is the one that published DMZ rules are about. */
const ports = { alone: 55551, second: 55552, together: 55553, probed: 55554, pool: 55600 } as const

/** Everything that a proof looks at, observed with packets just now. */
export async function examine(subject: Subject): Promise<Observed> {
  await subject.flush()
  const [alone, tcp] = await Promise.all([examineAlone(subject), examineTcp(subject)])
  if (alone.facts['UDP mapping'] === 'blocked') return all([alone, tcp])
  await subject.flush()
  const together = subject.served === 2 ? [await examineTogether(subject)] : []
  await subject.flush()
  const probed = await examineProbed(subject)
  const pool = subject.external.length > 1 ? [await examinePool(subject)] : []
  return all([alone, ...together, probed, ...pool, tcp])
}

function all(parts: readonly Observed[]): Observed {
  return {
    facts: Object.assign({}, ...parts.map(({ facts }) => facts)) as Facts,
    shown: Object.assign({}, ...parts.map(({ shown }) => shown)) as Shown,
  }
}

async function examineAlone({ ground, within, served }: Subject): Promise<Observed> {
  await using open = new AsyncDisposableStack()
  const servers = await openServers(ground, open)
  const hosts: Measured[] = []
  for (const [index, node] of ground.inside.slice(0, served).entries()) {
    const box = open.use(await node.mailbox({ port: index === 0 ? ports.alone : ports.second }))
    hosts.push({ name: node.name, address: node.address, box })
  }
  const stranger = open.use(await ground.stranger.mailbox())
  const seen = await sightings(
    hosts.map(({ box }) => box),
    servers,
    { patience: patience(within) },
  )
  const [one] = hosts as [Measured]
  const [first] = seen as [Sightings]
  const mapping = mappingOf(first)
  const where = sightingsShown(one, first, ground.servers)
  if (mapping === 'blocked' || first.primary === undefined) {
    return {
      facts: { 'UDP mapping': 'blocked', 'UDP filtering': 'blocked', hairpin: 'none' },
      shown: { 'UDP mapping': where, 'UDP filtering': where, hairpin: where },
    }
  }
  const waiting = { rounds: 2, grace: within / 10, within }
  const filtering = await filteringOf(one.box, first.primary, { stranger, server: servers[0] }, waiting)
  const probes = { stranger: at(ground.stranger, stranger), unknown: at(ground.servers[0], servers[0].unknown) }
  const turned = await examineHairpin(hosts, seen, within)
  return {
    facts: {
      'UDP mapping': mapping,
      'UDP filtering': filtering,
      'UDP port': kept(first.primary.port === one.box.local.port),
      ...turned.facts,
    },
    shown: {
      'UDP mapping': where,
      'UDP filtering': filteringShown(filtering, first.primary, probes),
      'UDP port': where,
      ...turned.shown,
    },
  }
}

/** The first host dials the second one; alone it dials itself. */
async function examineHairpin(
  hosts: readonly Measured[],
  seen: readonly Sightings[],
  within: number,
): Promise<Observed> {
  const ends = hosts.map((host, index) => {
    const { primary } = seen[index]!
    const anyPort = mappingOf(seen[index]!) !== 'endpoint-independent'
    return primary && { box: host.box, local: at(host, host.box), external: primary, anyPort }
  })
  const [from, to = from] = ends
  if (from === undefined || to === undefined) return { facts: { hairpin: 'none' }, shown: {} }
  const hairpin = await hairpinBetween(from, to, 2, within / 5)
  return { facts: { hairpin }, shown: { hairpin: hairpinShown(hairpin, from, to) } }
}

async function examineTcp({ ground, within }: Subject): Promise<Observed> {
  const { servers, stranger, inside } = ground
  const [found] = await tcpBehaviour({ hosts: [inside[0]], port: ports.alone, servers, stranger, timeout: within })
  const { mapping, filtering } = found!
  return { facts: { 'TCP mapping': mapping, 'TCP filtering': filtering }, shown: tcpShown(found!, stranger, servers) }
}

/** RFC 4787 REQ-3 and REQ-11: two hosts with one local port that begin at different destinations. */
async function examineTogether({ ground, within }: Subject): Promise<Observed> {
  await using open = new AsyncDisposableStack()
  const servers = await openServers(ground, open)
  const boxes: Mailbox[] = []
  for (const node of ground.inside) boxes.push(open.use(await node.mailbox({ port: ports.together })))
  const [one, two] = await sightings(boxes, servers, { crossed: true, patience: patience(within) })
  const shared = endpointsOf(one!).some((endpoint) => endpointsOf(two!).includes(endpoint))
  const [mine, other] = [one!, two!].map((seen, index) =>
    sightingsShown({ address: ground.inside[index]!.address, box: boxes[index]! }, seen, ground.servers),
  ) as [string, string]
  return {
    facts: {
      'UDP mapping of two hosts on one port': mappingOf(one!),
      'one external port for both': shared ? 'yes' : 'no',
    },
    shown: { 'UDP mapping of two hosts on one port': mine, 'one external port for both': `${mine}; ${other}` },
  }
}

/** A peer's packet is there before the host's first one to it, as in hole punching. */
async function examineProbed({ ground, external, within }: Subject): Promise<Observed> {
  const [host] = ground.inside
  const [server] = ground.servers
  await using prober = await server.reflector({ port: 3478 })
  await using box = await host.mailbox({ port: ports.probed })
  for (const address of external) await prober.send('early', { address, port: ports.probed })
  const source = await seenBy(box, prober.endpoint, within)
  const probe = { from: prober.endpoint, to: external.map((address) => ({ address, port: ports.probed })) }
  return {
    facts: { 'UDP port after a probe': source === undefined ? 'blocked' : kept(source.port === ports.probed) },
    shown: { 'UDP port after a probe': probeShown(probe, at(host, box), source) },
  }
}

/** RFC 4787 REQ-2: does a host with many sockets have one address? */
async function examinePool({ ground, external, within }: Subject): Promise<Observed> {
  await using server = await ground.servers[0].reflector({ port: 3478 })
  const [host] = ground.inside
  const addresses = new Set<string | undefined>()
  for (let number = 0; number < 2 * external.length; number += 1) {
    await using box = await host.mailbox({ port: ports.pool + number })
    addresses.add((await seenBy(box, server.endpoint, within))?.address)
  }
  const seen = [...addresses].map((address) => address ?? 'nowhere').join(', ')
  return {
    facts: { 'external addresses': addresses.size === 1 ? 'paired' : 'arbitrary' },
    shown: {
      'external addresses': `${2 * external.length} sockets of ${host.address}, one after the other, were seen from ${seen}`,
    },
  }
}

async function openServers({ servers: [one, two] }: Ground, open: AsyncDisposableStack): Promise<Party['servers']> {
  return [open.use(await openServer(one)), open.use(await openServer(two))]
}

async function seenBy(box: Mailbox, server: Endpoint, within: number): Promise<Endpoint | undefined> {
  try {
    return (await report(box, server, patience(within))).source
  } catch (error) {
    if (error instanceof NoAnswer) return undefined
    throw error
  }
}

/** A NAT may drop a first packet and map the second. */
const patience = (within: number): Patience => ({ attempts: 3, interval: within / 2 })

const kept = (same: boolean): string => (same ? 'preserved' : 'changed')

/** Sockets are bound to any address. */
const at = ({ address }: { readonly address: string }, { local }: Pick<Mailbox, 'local'>): Endpoint => ({
  address,
  port: local.port,
})

function endpointsOf(seen: Sightings): string[] {
  return Object.values(seen).flatMap((endpoint: Endpoint | undefined) => (endpoint ? [printEndpoint(endpoint)] : []))
}

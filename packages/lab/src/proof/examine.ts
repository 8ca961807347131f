import {
  mappingOf,
  natBehaviour,
  openServer,
  type Party,
  type Sightings,
  sightings,
  tcpBehaviour,
} from '../measure/index.ts'
import { type Endpoint, type Mailbox, NoAnswer, type Patience, printEndpoint, report } from '../traffic/index.ts'
import type { Facts } from './facts.ts'
import type { Ground } from './ground.ts'

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
export async function examine(subject: Subject): Promise<Facts> {
  await subject.flush()
  const [alone, tcp] = await Promise.all([examineAlone(subject), examineTcp(subject)])
  if (alone['UDP mapping'] === 'blocked') return { ...alone, ...tcp }
  await subject.flush()
  const together = subject.served === 2 ? await examineTogether(subject) : {}
  await subject.flush()
  const probed = await examineProbed(subject)
  const pool = subject.external.length > 1 ? await examinePool(subject) : {}
  return { ...alone, ...together, ...probed, ...pool, ...tcp }
}

async function examineAlone({ ground, within, served }: Subject): Promise<Facts> {
  await using open = new AsyncDisposableStack()
  const servers = await openServers(ground, open)
  const hosts: Party['hosts'][number][] = []
  for (const [index, node] of ground.inside.slice(0, served).entries()) {
    const box = open.use(await node.mailbox({ port: index === 0 ? ports.alone : ports.second }))
    hosts.push({ name: node.name, address: node.address, box })
  }
  const stranger = open.use(await ground.stranger.mailbox())
  const waiting = { rounds: 2, grace: within / 10, within, hairpin: within / 5 }
  const [found] = await natBehaviour({ hosts, servers, stranger, waiting, hairpin: true, patience: patience(within) })
  const { mapping, filtering, hairpin, preservesPort } = found!
  const port = mapping === 'blocked' ? {} : { 'UDP port': kept(preservesPort) }
  return { 'UDP mapping': mapping, 'UDP filtering': filtering, ...port, hairpin: hairpin ?? 'none' }
}

async function examineTcp({ ground, within }: Subject): Promise<Facts> {
  const { servers, stranger, inside } = ground
  const [found] = await tcpBehaviour({ hosts: [inside[0]], port: ports.alone, servers, stranger, timeout: within })
  return { 'TCP mapping': found!.mapping, 'TCP filtering': found!.filtering }
}

/** RFC 4787 REQ-3 and REQ-11: two hosts with one local port that begin at different destinations. */
async function examineTogether({ ground, within }: Subject): Promise<Facts> {
  await using open = new AsyncDisposableStack()
  const servers = await openServers(ground, open)
  const boxes: Mailbox[] = []
  for (const node of ground.inside) boxes.push(open.use(await node.mailbox({ port: ports.together })))
  const [one, two] = await sightings(boxes, servers, { crossed: true, patience: patience(within) })
  const shared = endpointsOf(one!).some((endpoint) => endpointsOf(two!).includes(endpoint))
  return {
    'UDP mapping of two hosts on one port': mappingOf(one!),
    'one external port for both': shared ? 'yes' : 'no',
  }
}

/** A peer's packet is there before the host's first one to it, as in hole punching. */
async function examineProbed({ ground, external, within }: Subject): Promise<Facts> {
  const [host] = ground.inside
  const [server] = ground.servers
  await using prober = await server.reflector({ port: 3478 })
  await using box = await host.mailbox({ port: ports.probed })
  for (const address of external) await prober.send('early', { address, port: ports.probed })
  const source = await seenBy(box, prober.endpoint, within)
  return { 'UDP port after a probe': source === undefined ? 'blocked' : kept(source.port === ports.probed) }
}

/** RFC 4787 REQ-2: does a host with many sockets have one address? */
async function examinePool({ ground, external, within }: Subject): Promise<Facts> {
  await using server = await ground.servers[0].reflector({ port: 3478 })
  const addresses = new Set<string | undefined>()
  for (let number = 0; number < 2 * external.length; number += 1) {
    await using box = await ground.inside[0].mailbox({ port: ports.pool + number })
    addresses.add((await seenBy(box, server.endpoint, within))?.address)
  }
  return { 'external addresses': addresses.size === 1 ? 'paired' : 'arbitrary' }
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

function endpointsOf(seen: Sightings): string[] {
  return Object.values(seen).flatMap((endpoint: Endpoint | undefined) => (endpoint ? [printEndpoint(endpoint)] : []))
}

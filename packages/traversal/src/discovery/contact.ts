import type { Endpoint } from '../stun/index.ts'
import { isOneFamily, printEndpoint } from './endpoint.ts'
import type { Unreached } from './error.ts'
import { ask, open, type Pace, type Script, say } from './script.ts'

/** A server that answers. */
export interface Contact {
  readonly server: Endpoint
  /** Our socket, which spoke to this server alone. */
  readonly local: Endpoint
  readonly mapped: Endpoint
  /** The server's other address and port, if it has both (RFC 5780 section 7.4). */
  readonly other: Endpoint | undefined
  /** What MAPPED-ADDRESS said, if it was something else than `mapped`. */
  readonly rewritten: Endpoint | undefined
  /** Milliseconds to the answer. */
  readonly took: number
}

export interface Contacts {
  readonly reached: readonly Contact[]
  readonly silent: readonly Endpoint[]
  /** A firewall on the way says no. */
  readonly forbidden: readonly Endpoint[]
  readonly unreached: readonly Unreached[]
}

/** Asks every server once (RFC 5780 section 4.2: whether UDP works, and whether the server has another address). */
export function* contact(servers: readonly Endpoint[], pace: Pace): Script<Contacts> {
  const reached: Contact[] = []
  const silent: Endpoint[] = []
  const forbidden: Endpoint[] = []
  const unreached: Unreached[] = []
  for (const server of servers) {
    yield* say(`asking ${printEndpoint(server)}`)
    const socket = yield* open({ connect: server })
    const outcome = socket && (yield* ask({ socket: socket.socket, to: server, pace }))
    if (outcome?.kind === 'success') {
      const { mapped, rewritten, took } = outcome
      reached.push({ server, local: socket!.local, mapped, rewritten, took, other: useful(server, outcome.other) })
    } else if (outcome?.kind === 'silence') silent.push(server)
    else if (outcome?.kind === 'refused' && outcome.why === 'forbidden') forbidden.push(server)
    else unreached.push({ server, why: outcome === undefined ? 'no route' : 'no listener' })
  }
  return { reached, silent, forbidden, unreached }
}

/** Only an address and a port that both differ allow all tests. */
function useful(server: Endpoint, other: Endpoint | undefined): Endpoint | undefined {
  if (other === undefined || other.port === server.port || other.address === server.address) return undefined
  return isOneFamily(other, server) ? other : undefined
}

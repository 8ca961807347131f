import { type ChangeRequest, changeRequest, type Endpoint } from '../stun/index.ts'
import type { Course, Sighted } from './course.ts'
import { fresh } from './course.ts'
import { printEndpoint, sameEndpoint } from './endpoint.ts'
import type { MappingFound } from './mapping.ts'
import { ask, type Outcome, type Script, say } from './script.ts'
import type { Filtering } from './words.ts'

export interface FilteringFound {
  readonly verdict: Filtering
  readonly why: string
  readonly sighted?: Sighted | undefined
}

const both: ChangeRequest = { address: true, port: true }
const portOnly: ChangeRequest = { address: false, port: true }

/**
 * Who gets in (RFC 5780 section 4.4). Before the mapping test and from a socket of its own: that one writes to all the
 * addresses that must not have been written to here.
 */
export function* filtering(course: Course): Script<FilteringFound> {
  const { server, other } = course
  if (other === undefined) return unknown(`${printEndpoint(server)} has no other address to answer from`)
  yield* say('filtering: who gets in')
  const sighted = yield* fresh(course)
  if (sighted === undefined) return unknown(`${printEndpoint(server)} stopped answering`)
  return { ...(yield* byFarthest(course, other, sighted.socket)), sighted }
}

/** The farthest sender first: what it opens would open the way for the nearer one. */
function* byFarthest(course: Course, other: Endpoint, socket: number): Script<FilteringFound> {
  const stranger = yield* changed(course, other, socket, both)
  if (stranger.kind === 'came') {
    const why = `an answer from ${printEndpoint(other)} got in, and nothing had been sent there`
    return { verdict: 'endpoint-independent', why }
  }
  if (stranger.kind === 'not obeyed') return unknown(stranger.why)
  const nearer: Endpoint = { address: course.server.address, port: other.port }
  const neighbour = yield* changed(course, nearer, socket, portOnly)
  if (neighbour.kind === 'not obeyed') return unknown(neighbour.why)
  const kept = `an answer from ${printEndpoint(other)} did not get in`
  if (neighbour.kind === 'came') {
    return { verdict: 'address-dependent', why: `${kept}, one from ${printEndpoint(nearer)} did` }
  }
  return { verdict: 'address-and-port-dependent', why: `${kept}, nor did one from ${printEndpoint(nearer)}` }
}

type Changed = { readonly kind: 'came' | 'silence' } | { readonly kind: 'not obeyed'; readonly why: string }

/** Asks for an answer from `from`. A server may refuse that, or answer from somewhere else. */
function* changed({ server, pace }: Course, from: Endpoint, socket: number, change: ChangeRequest): Script<Changed> {
  const outcome = yield* ask({ socket, to: server, attributes: [changeRequest.of(change)], pace })
  if (outcome.kind === 'silence') return { kind: 'silence' }
  if (outcome.kind === 'success' && sameEndpoint(outcome.from, from)) return { kind: 'came' }
  return { kind: 'not obeyed', why: `${printEndpoint(server)} ${instead(outcome)}` }
}

function instead(outcome: Outcome): string {
  if (outcome.kind === 'error') return `refuses to answer from elsewhere (${outcome.code})`
  if (outcome.kind === 'success') return `answered from ${printEndpoint(outcome.from)} when asked for another address`
  return 'stopped answering'
}

/**
 * Silence counts when the same answer comes where the way is open: for a socket that has written to all of the server's
 * addresses from one external endpoint. Where the mapping depends on the destination there is none; then the server's
 * other addresses have to have answered by themselves.
 */
export function* believed(course: Course, found: FilteringFound, mapped: MappingFound): Script<FilteringFound> {
  const { other, server } = course
  if (other === undefined || !found.verdict.startsWith('address')) return found
  const nearer: Endpoint = { address: server.address, port: other.port }
  const senders: (readonly [Endpoint, ChangeRequest])[] = [[other, both]]
  if (found.verdict === 'address-and-port-dependent') senders.push([nearer, portOnly])
  for (const [from, change] of senders) {
    if (!(yield* canSend(course, from, change, mapped))) {
      return { ...unknown(`no answer from ${printEndpoint(from)} even where it may get in`), sighted: found.sighted }
    }
  }
  return found
}

function* canSend(course: Course, from: Endpoint, change: ChangeRequest, mapped: MappingFound): Script<boolean> {
  const { verdict, sighted, sightings } = mapped
  if (!sightings.some(({ by }) => sameEndpoint(by, from))) return false
  if (verdict !== 'endpoint-independent' || sighted === undefined) return true
  return (yield* changed(course, from, sighted.socket, change)).kind === 'came'
}

function unknown(why: string): FilteringFound {
  return { verdict: 'unknown', why }
}

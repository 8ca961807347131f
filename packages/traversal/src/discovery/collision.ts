import type { Endpoint } from '../stun/index.ts'
import type { Course } from './course.ts'
import { printEndpoint, sameEndpoint } from './endpoint.ts'
import { ask, open, type Script, say } from './script.ts'

/**
 * What happens when two hosts use one port: 'separate' an external port for each, 'shared' one for both, told apart by
 * where they write to (RFC 4787 REQ-3 forbids it), 'unknown' when it cannot be tried.
 */
export type Collision = 'separate' | 'shared' | 'unknown'

export interface CollisionFound {
  readonly verdict: Collision
  readonly why: string
}

/**
 * Two local addresses on one port, as if they were two hosts. They begin at different servers: a NAT that looks at one
 * destination at a time does not notice then. @param elsewhere a second server, or the other address of the first one
 */
export function* collision(course: Course, second: string, elsewhere: Endpoint | undefined): Script<CollisionFound> {
  const { server, local, pace } = course
  if (elsewhere === undefined) return unknown('there is no second server to begin at')
  yield* say('collision: two addresses on one port')
  const one = yield* open({ address: local })
  const two = one && (yield* open({ address: second, port: one.local.port }))
  if (two === undefined) return unknown(`${second} is no address of this machine, or its port is taken`)
  const first = yield* ask({ socket: one!.socket, to: server, pace })
  const other = yield* ask({ socket: two.socket, to: elsewhere, pace })
  if (first.kind !== 'success' || other.kind !== 'success') return unknown(`${second} gets no answer`)
  const seen = `${printEndpoint(one!.local)} is ${printEndpoint(first.mapped)} outside, ${printEndpoint(two.local)} is `
  const verdict = sameEndpoint(first.mapped, other.mapped) ? 'shared' : 'separate'
  return { verdict, why: seen + (verdict === 'shared' ? 'the same' : printEndpoint(other.mapped)) }
}

function unknown(why: string): CollisionFound {
  return { verdict: 'unknown', why }
}

import type { Endpoint } from '../stun/index.ts'
import { ask, open, type Pace, type Script } from './script.ts'

/** What the tests share. */
export interface Course {
  readonly server: Endpoint
  /** Where the server answers from as well: another address and another port; undefined for a plain STUN server. */
  readonly other: Endpoint | undefined
  /** Local address of all sockets. */
  readonly local: string
  readonly pace: Pace
}

/** A socket that a server has seen. */
export interface Sighted {
  readonly socket: number
  readonly local: Endpoint
  readonly mapped: Endpoint
  /** When the answer came. */
  readonly now: number
}

/** A fresh socket, and how the first server sees it; undefined when it does not answer any more. */
export function* fresh({ server, local: address, pace }: Course): Script<Sighted | undefined> {
  const opened = yield* open({ address })
  const seen = opened && (yield* ask({ socket: opened.socket, to: server, pace }))
  return seen?.kind === 'success' ? { ...opened!, mapped: seen.mapped, now: seen.now } : undefined
}

import { responsePort } from '../stun/index.ts'
import { type Course, fresh, type Sighted } from './course.ts'
import { ask, open, pauseUntil, type Script, say } from './script.ts'

/** How long a mapping lives that nobody uses. Milliseconds. */
export interface Lifetime {
  /** Still there after that. */
  readonly atLeast: number
  /** Gone after that; undefined: still there at the end of the test. */
  readonly atMost: number | undefined
}

export interface LifetimeOptions {
  /** Milliseconds of the shortest time that is tried; default 5000. */
  readonly least?: number
  /** Milliseconds of the longest one; default 300,000 (RFC 4787 REQ-5). The test takes at most twice as long. */
  readonly most?: number
}

/** Sockets that wait side by side in the first round; in the second one as many as a result of 5 % needs. */
const FIRST_ROUND = 16
const PRECISION = 1.05

/**
 * The search of RFC 5780 section 4.6, with many sockets that wait at the same time instead of one after the other: the
 * first round finds two neighbours on a ladder of times, the second one looks between them. Each mapping is asked for
 * once, by an answer that another socket directs there (RESPONSE-PORT), since asking renews it. Undefined: the server
 * does not do that.
 */
export function* lifetime(course: Course, options: LifetimeOptions = {}): Script<Lifetime | undefined> {
  const { least = 5000, most = 300_000 } = options
  const asker = yield* open({ address: course.local })
  if (asker === undefined) return undefined
  const coarse = yield* round(course, asker.socket, ladder(least, Math.max(least, most), FIRST_ROUND))
  if (coarse?.atMost === undefined || coarse.atLeast === 0) return coarse
  const { atLeast, atMost } = coarse
  const steps = Math.ceil(Math.log(atMost / atLeast) / Math.log(PRECISION))
  const between = ladder(atLeast, atMost, steps + 1).slice(1, -1)
  const fine = yield* round(course, asker.socket, between)
  return fine && { atLeast: Math.max(atLeast, fine.atLeast), atMost: fine.atMost ?? atMost }
}

/** So many times from `first` to `last`, each the same factor longer than the one before. */
function ladder(first: number, last: number, count: number): number[] {
  const factor = (last / first) ** (1 / Math.max(1, count - 1))
  return Array.from({ length: count }, (_, index) => Math.round(first * factor ** index))
}

/** One fresh socket for each time; ends with the first mapping that is gone. */
function* round(course: Course, asker: number, times: readonly number[]): Script<Lifetime | undefined> {
  const waiting: (readonly [number, Sighted])[] = []
  for (const time of times) {
    const sighted = yield* fresh(course)
    if (sighted === undefined) return undefined
    waiting.push([time, sighted])
  }
  let atLeast = 0
  for (const [time, sighted] of waiting) {
    yield* pauseUntil(sighted.now + time)
    const alive = yield* stillThere(course, asker, sighted)
    if (alive === undefined) return undefined
    yield* say(`lifetime: ${alive ? 'still there' : 'gone'} after ${Math.round(time / 1000)} s`)
    if (!alive) return { atLeast, atMost: time }
    atLeast = time
  }
  return { atLeast, atMost: undefined }
}

/** Undefined when the server cannot tell: it refuses, or answers where it was asked from. */
function* stillThere(
  { server, pace }: Course,
  asker: number,
  { socket, mapped }: Sighted,
): Script<boolean | undefined> {
  const directed = [responsePort.of(mapped.port)]
  const outcome = yield* ask({ socket: asker, to: server, attributes: directed, pace })
  if (outcome.kind === 'silence') return (yield* answers(server, asker, pace)) ? false : undefined
  return outcome.kind === 'success' && outcome.at === socket ? true : undefined
}

/** Silence counts only while the server answers. */
function* answers(to: Course['server'], socket: number, pace: Course['pace']): Script<boolean> {
  return (yield* ask({ socket, to, pace })).kind === 'success'
}

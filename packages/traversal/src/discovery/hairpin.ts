import type { Endpoint } from '../stun/index.ts'
import { type Course, fresh, type Sighted } from './course.ts'
import { printEndpoint, sameEndpoint } from './endpoint.ts'
import { ask, type Script, say } from './script.ts'
import type { Hairpin } from './words.ts'

export interface HairpinFound {
  readonly verdict: Hairpin
  readonly why: string
  readonly sighted?: Sighted
}

/**
 * Whether a second socket reaches the first one at its external endpoint (RFC 5780 section 4.5, RFC 4787 REQ-9).
 * @param anyPort the NAT has another external port for every destination, so that only the address can be expected
 */
export function* hairpin(course: Course, target: Sighted | undefined, anyPort: boolean): Script<HairpinFound> {
  yield* say('hairpinning: whether one reaches oneself from outside')
  const second = yield* fresh(course)
  if (second === undefined || target === undefined) {
    return { verdict: 'unknown', why: `${printEndpoint(course.server)} stopped answering` }
  }
  const { mapped } = target
  const outcome = yield* ask({ socket: second.socket, to: mapped, pace: course.pace })
  if (outcome.kind !== 'looped' || outcome.at !== target.socket) {
    return { verdict: 'none', why: `a packet to ${printEndpoint(mapped)} did not come back in`, sighted: second }
  }
  const verdict = kindOf(outcome.from, second, anyPort)
  const why = `a packet to ${printEndpoint(mapped)} came back in, from ${printEndpoint(outcome.from)}`
  return { verdict, why, sighted: second }
}

function kindOf(source: Endpoint, { local, mapped }: Sighted, anyPort: boolean): Hairpin {
  if (sameEndpoint(source, mapped) || (anyPort && source.address === mapped.address)) return 'external-source'
  return sameEndpoint(source, local) ? 'internal-source' : 'other-source'
}

import type { Endpoint } from '../stun/index.ts'
import { collision } from './collision.ts'
import { companyOf, explainAbsent } from './company.ts'
import { type Contact, type Contacts, contact } from './contact.ts'
import type { Course } from './course.ts'
import { printEndpoint } from './endpoint.ts'
import type { Unreached } from './error.ts'
import { believed, filtering } from './filtering.ts'
import { hairpin } from './hairpin.ts'
import { type LifetimeOptions, lifetime } from './lifetime.ts'
import { mapping } from './mapping.ts'
import { blocked, type NatReport, report } from './report.ts'
import { type Knocked, knock, type Pace, type Script, say } from './script.ts'

export interface DiscoveryOptions {
  /**
   * STUN servers; one that has two addresses with two ports each tells everything (RFC 5780). Of two address families,
   * that of the first such server counts, or of the first one that answers.
   */
  readonly servers: readonly Endpoint[]
  /** How the first request to a server is repeated; default 500 ms, four times, 2 s. Later ones go by the time it took. */
  readonly pace?: Partial<Pace>
  /** Measure how long an idle mapping lives; takes minutes. Default: no. */
  readonly lifetime?: LifetimeOptions
  /** A second address of this machine, for the collision test. Default: no such test. */
  readonly secondAddress?: string
  /** External address that the router says it has (NAT-PMP, PCP, UPnP): another one of its family is a double NAT. */
  readonly routerAddress?: string
}

/** All tests, one after the other; or why no server could be reached, so that nothing is known. */
export function* discovery(options: DiscoveryOptions): Script<NatReport | readonly Unreached[]> {
  const contacts = yield* contact(options.servers, { rto: 500, attempts: 4, patience: 4, ...options.pace })
  const best = contacts.reached.find(({ other }) => other !== undefined) ?? contacts.reached[0]
  if (best !== undefined) return yield* tests(best, contacts, options)
  const { silent, forbidden, unreached } = contacts
  if (silent.length + forbidden.length === 0) return unreached
  return blocked([...explainAbsent(contacts), ...(yield* doubt(contacts))])
}

/** Silence may be the server's own: TCP tells whether it is there. */
function* doubt({ silent: [server], forbidden }: Contacts): Script<readonly string[]> {
  if (server === undefined || forbidden.length > 0) return []
  yield* say(`knocking at ${printEndpoint(server)} by TCP`)
  return [meaning[yield* knock(server)](printEndpoint(server))]
}

const meaning: Readonly<Record<Knocked, (server: string) => string>> = {
  accepted: (server) => `${server} takes TCP and does not answer UDP: it is UDP that does not get through`,
  refused: (server) => `${server} is there, it refuses TCP: UDP does not get through, or no STUN server is there`,
  silence: (server) => `${server} does not answer TCP either: nothing gets through, or the server is off`,
}

function* tests(best: Contact, contacts: Contacts, options: DiscoveryOptions): Script<NatReport> {
  const { server, other, local } = best
  const course: Course = { server, other, local: local.address, pace: paceFor(best) }
  const { more, why } = companyOf(best, contacts)
  const first = yield* filtering(course)
  const mapped = yield* mapping(course, more)
  const filtered = yield* believed(course, first, mapped)
  const turned = yield* hairpin(course, mapped.sighted, mapped.verdict !== 'endpoint-independent')
  const lived = options.lifetime && ((yield* lifetime(course, options.lifetime)) ?? 'unknown')
  const elsewhere = other === undefined ? more[0] : { address: other.address, port: server.port }
  const collided = options.secondAddress && (yield* collision(course, options.secondAddress, elsewhere))
  const sighted = [mapped.sighted, filtered.sighted, turned.sighted, best].filter((each) => each !== undefined)
  return report({
    mapping: mapped.verdict,
    filtering: filtered.verdict,
    hairpin: turned.verdict,
    sighted,
    routerAddress: options.routerAddress,
    more: { ...(lived && { lifetime: lived }), ...(collided && { collision: collided.verdict }) },
    why: [
      ...[...why, ...mapped.why, filtered.why, turned.why],
      ...(lived === 'unknown' ? [`${printEndpoint(server)} does not direct answers (RESPONSE-PORT): no lifetime`] : []),
      ...(collided ? [collided.why] : []),
    ],
  })
}

/** Twice the time of the first answer, at least 100 ms, at most a second; what does not come is asked for four times. */
function paceFor({ took }: Contact): Pace {
  return { rto: Math.min(1000, Math.max(100, 2 * took)), attempts: 4, patience: 3 }
}

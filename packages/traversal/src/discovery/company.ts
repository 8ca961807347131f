import type { Endpoint } from '../stun/index.ts'
import type { Contact, Contacts } from './contact.ts'
import { isOneFamily, printEndpoint, sameEndpoint } from './endpoint.ts'

export interface Company {
  /** Other servers that answer, of the same address family. */
  readonly more: readonly Endpoint[]
  /** What is to be said about who was asked. */
  readonly why: readonly string[]
}

/** Whom the tests have besides the server that they are made with. */
export function companyOf({ server, mapped, rewritten }: Contact, contacts: Contacts): Company {
  const others = contacts.reached.map((each) => each.server).filter((each) => !sameEndpoint(each, server))
  const more = others.filter((each) => isOneFamily(each, server))
  const foreign = others.filter((each) => !more.includes(each)).map(leftOut)
  const meddled = rewritten === undefined ? [] : [gateway(mapped, rewritten)]
  return { more, why: [...explainAbsent(contacts), ...foreign, ...meddled] }
}

/** Of those that did not answer, why. */
export function explainAbsent({ silent, forbidden, unreached }: Contacts): string[] {
  return [
    ...silent.map((server) => `no answer from ${printEndpoint(server)}`),
    ...forbidden.map((server) => `a firewall on the way to ${printEndpoint(server)} refuses UDP`),
    ...unreached.map(({ server, why }) => `${why === 'no route' ? 'no way to' : 'nobody at'} ${printEndpoint(server)}`),
  ]
}

/** A NAT of IPv4 and one of IPv6 are two: one report is about one of them. */
function leftOut(server: Endpoint): string {
  return `${printEndpoint(server)} answers too, and was left out: it is of the other address family`
}

/** RFC 5780 section 3.6. */
function gateway(mapped: Endpoint, rewritten: Endpoint): string {
  const found = `${printEndpoint(mapped)} came as ${printEndpoint(rewritten)} where it was not hidden`
  return `${found}: something on the way rewrites addresses within packets (an ALG)`
}

import { formatIp, parseIp } from '@sallyport/linux'
import type { Endpoint } from '../stun/index.ts'
import type { Collision } from './collision.ts'
import type { Sighted } from './course.ts'
import { isInside, printEndpoint, sameEndpoint } from './endpoint.ts'
import type { Lifetime } from './lifetime.ts'
import { type Filtering, type Grade, grade, type Hairpin, type Mapping } from './words.ts'

/** What was found out about the NAT that a host is behind. What could not be found out is 'unknown', never guessed. */
export interface NatReport {
  readonly mapping: Mapping
  readonly filtering: Filtering
  readonly hairpin: Hairpin
  /** Most sockets had the same port outside. */
  readonly preservesPort: boolean
  /** 'ADDRESS:PORT' of one socket as the first server saw it; null: no answer. */
  readonly external: string | null
  /** The same socket on this machine; null: no answer. */
  readonly local: string | null
  readonly grade: Grade
  /** Another NAT behind the first one. */
  readonly doubleNat: 'yes' | 'no' | 'unknown'
  /** Absent when it was not asked for. */
  readonly lifetime?: Lifetime | 'unknown'
  /** Absent when it was not asked for. */
  readonly collision?: Collision
  /** What the words rest on, in sentences. */
  readonly why: readonly string[]
}

export interface Findings {
  readonly mapping: Mapping
  readonly filtering: Filtering
  readonly hairpin: Hairpin
  /** All that a server has seen; at least one. */
  readonly sighted: readonly Pick<Sighted, 'local' | 'mapped'>[]
  /** The external address that the router says it has. */
  readonly routerAddress: string | undefined
  readonly more: Pick<NatReport, 'lifetime' | 'collision'>
  readonly why: readonly string[]
}

export function report({ mapping, filtering, hairpin, sighted, routerAddress, more, why }: Findings): NatReport {
  const { local, mapped } = sighted[0]!
  const kept = sighted.filter((each) => each.local.port === each.mapped.port).length
  const graded = grade(mapping, filtering)
  const rest = [natLine(local, mapped), ...doubleLine(mapped, routerAddress), ...gradeLine(graded, mapping)]
  return {
    mapping,
    filtering,
    hairpin,
    preservesPort: kept * 2 > sighted.length,
    external: printEndpoint(mapped),
    local: printEndpoint(local),
    grade: graded,
    doubleNat: doubleNat(local, mapped, routerAddress),
    ...more,
    why: [...why, ...rest],
  }
}

/** No server answered. @param why for each of them */
export function blocked(why: readonly string[]): NatReport {
  return {
    mapping: 'blocked',
    filtering: 'blocked',
    hairpin: 'unknown',
    preservesPort: false,
    external: null,
    local: null,
    grade: 'F',
    doubleNat: 'unknown',
    why,
  }
}

function doubleNat(local: Endpoint, mapped: Endpoint, router: string | undefined): NatReport['doubleNat'] {
  if (sameEndpoint(local, mapped)) return 'no'
  if (isInside(mapped.address)) return 'yes'
  const other = router === undefined ? undefined : differ(router, mapped.address)
  return other === undefined ? 'unknown' : other ? 'yes' : 'no'
}

/** Undefined for addresses of two families: an IPv6 address of the router says nothing about its NAT for IPv4. */
function differ(one: string, other: string): boolean | undefined {
  const [a, b] = [parseIp(one), parseIp(other)]
  return a.family === b.family ? formatIp(a.bytes) !== formatIp(b.bytes) : undefined
}

function natLine(local: Endpoint, mapped: Endpoint): string {
  return sameEndpoint(local, mapped)
    ? `there is no NAT: ${printEndpoint(local)} is seen as it is`
    : `${printEndpoint(local)} is seen as ${printEndpoint(mapped)}`
}

function doubleLine({ address }: Endpoint, router: string | undefined): string[] {
  if (isInside(address)) return [`${address} is no address of the internet: there is another NAT behind`]
  const other = router === undefined ? false : differ(router, address)
  if (other === undefined) return [`the router’s ${router} and ${address} outside are of two families`]
  if (!other) return []
  return [`the router has ${router}, the internet sees ${address}: there is another NAT between`]
}

function gradeLine(graded: Grade, mapping: Mapping): string[] {
  if (graded !== 'unknown') return []
  const fits = mapping === 'endpoint-independent' ? 'A or B' : mapping === 'dependent' ? 'C or D' : 'A, B, C or D'
  return [`${fits}: more would be known with a server that has two addresses with two ports each`]
}

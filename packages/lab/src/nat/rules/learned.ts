import type { MapDefinition, SetDefinition, SetOptions, Table } from '@sallyport/nftables'
import { type Behaviour, type ProtocolBehaviour, preservesPort } from '../behaviour.ts'
import { externalType, type Fields, mappingKey, type Shape, type Transport } from './keys.ts'

/** Seconds without a packet until something about a mapping is forgotten: while it is one-sided, and once it is not. */
export interface Lifetimes {
  readonly short: number
  readonly long: number
}

/** One transport protocol of a NAT: what it does, and what its packets teach it. Absent sets are not needed. */
export interface Learned {
  readonly behaviour: ProtocolBehaviour
  readonly shape: Shape
  readonly lifetimes: Lifetimes
  /** Mapping → external port, or address and port: why the next flow gets the same (RFC 4787 REQ-1). */
  readonly pin: MapDefinition<Fields> | undefined
  /** Test-and-set on external endpoints: each is of one mapping only (RFC 4787 REQ-3). */
  readonly claim: SetDefinition<Fields> | undefined
  /** Test-and-set on mappings: of several first packets one chooses, the others are dropped. */
  readonly starting: SetDefinition<Fields> | undefined
  /** Mappings that have been answered: a one-sided flow does not shorten their life. */
  readonly answered: SetDefinition<Fields> | undefined
  /** External endpoint → inside endpoint: where packets go that belong to no flow. */
  readonly ext: MapDefinition<Fields> | undefined
  /** External endpoint and peer: whom address-dependent filtering lets in. */
  readonly contacted: SetDefinition<Fields> | undefined
  /** External endpoint and peer of what the router has accepted itself: a tuple that a flow with them cannot have. */
  readonly remembered: SetDefinition<Fields> | undefined
  /** Through what outbound packets have gone lately, where they alone keep it open. */
  readonly open: SetDefinition<Fields> | undefined
}

const MOST = 65536

export function defineLearned(
  table: Table,
  { hairpin, unsolicited, timeouts }: Behaviour,
  behaviour: ProtocolBehaviour,
  shape: Shape,
): Learned {
  const { transport, pooled } = shape
  const lifetimes = lifetimesOf(transport, timeouts)
  const options: SetOptions = { flags: ['dynamic', 'timeout'], timeout: lifetimes.long * 1000, size: MOST }
  const name = (word: string): string => `${transport}_${word}`
  const external = externalType(shape)
  const mapping = mappingKey(shape).type
  const set = (when: boolean, word: string, type: Fields, more: SetOptions = {}): SetDefinition<Fields> | undefined =>
    when ? table.set(name(word), { type, ...options, ...more }) : undefined
  const pinned = isPinned(behaviour)
  const exclusive = !behaviour.overloading
  return {
    behaviour,
    shape,
    lifetimes,
    pin: pinned
      ? table.map(name('pin'), {
          type: mapping,
          value: pooled ? ['ipv4_addr', 'inet_service'] : 'inet_service',
          ...options,
        })
      : undefined,
    claim: set(exclusive, 'claim', external),
    starting: set(exclusive && pinned, 'starting', mapping, { timeout: 1000 }),
    answered: set(pinned && lifetimes.short !== lifetimes.long, 'answered', mapping),
    ext:
      behaviour.filtering !== 'address-and-port-dependent' || hairpin !== 'none'
        ? table.map(name('ext'), { type: external, value: ['ipv4_addr', 'inet_service'], ...options })
        : undefined,
    contacted: set(behaviour.filtering === 'address-dependent', 'contacted', [...external, 'ipv4_addr']),
    remembered: set(
      exclusive && unsolicited === 'remember' && transport === 'udp' && behaviour.ports !== 'random',
      'remembered',
      [...external, 'ipv4_addr', 'inet_service'],
      { timeout: timeouts.udp * 1000 },
    ),
    open: set(behaviour.refresh === 'outbound', 'open', [...external, ...passageType(behaviour)]),
  }
}

/**
 * Is a mapping more than one flow? Sharing ports and keeping the inside port together are what the kernel does by
 * itself: it decides about each flow anew, and nothing is to be remembered.
 */
function isPinned({ mapping, overloading, ports }: ProtocolBehaviour): boolean {
  return mapping !== 'address-and-port-dependent' && !(overloading && preservesPort(ports))
}

function passageType({ filtering }: ProtocolBehaviour): Fields {
  if (filtering === 'endpoint-independent') return []
  return filtering === 'address-dependent' ? ['ipv4_addr'] : ['ipv4_addr', 'inet_service']
}

export function lifetimesOf(transport: Transport, timeouts: Behaviour['timeouts']): Lifetimes {
  const [short, long] =
    transport === 'udp' ? [timeouts.udp, timeouts.udpStream] : [timeouts.tcpTransitory, timeouts.tcpEstablished]
  return { short: Math.min(short, long), long: Math.max(short, long) }
}

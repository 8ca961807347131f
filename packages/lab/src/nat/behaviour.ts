import { checkWords } from './words.ts'

/** RFC 4787 sections 4.1 and 5: of what in a destination something depends. */
export type Dependence = 'endpoint-independent' | 'address-dependent' | 'address-and-port-dependent'

/**
 * Which external port a new mapping gets (RFC 4787 section 4.2):
 * - `preserve`: the inside port where it is free, else another one
 * - `parity`: the inside port where it is free, else another one, even for even and odd for odd (section 4.2.2, REQ-4)
 * - `random`: any of 1024 to 65535
 * - `sequential`: one after the other (from 20000, in this lab)
 * - `{ range }`: any of a range, all of them included; when it is full, nothing is sent
 */
export type Ports =
  | 'preserve'
  | 'parity'
  | 'random'
  | 'sequential'
  | { readonly range: readonly [first: number, last: number] }

/** Does a mapping have the inside port wherever that is free? */
export function preservesPort(ports: Ports): ports is 'preserve' | 'parity' {
  return ports === 'preserve' || ports === 'parity'
}

/** What a NAT does with one transport protocol. */
export interface ProtocolBehaviour {
  readonly mapping: Dependence
  readonly filtering: Dependence
  readonly ports: Ports
  /** Flows of two hosts may leave by one external port when their destinations differ (RFC 4787 REQ-3 forbids it). */
  readonly overloading: boolean
  /** Whose packets keep a mapping alive (RFC 4787 REQ-6): those that leave, or those of both directions. */
  readonly refresh: 'outbound' | 'both'
}

/** Seconds without a packet after which something is forgotten. */
export interface Timeouts {
  /** UDP of which only one direction was seen. */
  readonly udp: number
  /** UDP that was answered. */
  readonly udpStream: number
  readonly tcpEstablished: number
  /** TCP that is not open yet, or closing (RFC 5382 REQ-5's transitory timer). */
  readonly tcpTransitory: number
  readonly icmp: number
}

/** A NAT as behaviour, with nothing left open. */
export interface Behaviour {
  readonly udp: ProtocolBehaviour | 'blocked'
  readonly tcp: ProtocolBehaviour | 'blocked'
  /** What a host sees that is reached at its external endpoint from inside (RFC 4787 REQ-9). */
  readonly hairpin: 'external-source' | 'internal-source' | 'none'
  /** Several external addresses: does a host keep one (RFC 4787 REQ-2)? */
  readonly pooling: 'paired' | 'arbitrary'
  /**
   * A packet from outside that nobody asked for: dropped before conntrack remembers it, or accepted by the router
   * itself as Linux does by default. Remembered ones take reply tuples away: later mappings change their port.
   */
  readonly unsolicited: 'drop' | 'remember'
  readonly timeouts: Timeouts
}

/** What a person writes: what is absent is as in {@link behaviour}. */
export interface BehaviourOptions extends Partial<Omit<Behaviour, 'udp' | 'tcp' | 'timeouts'>> {
  readonly mapping?: Dependence
  readonly filtering?: Dependence
  readonly ports?: Ports
  readonly overloading?: boolean
  readonly refresh?: 'outbound' | 'both'
  /** Where UDP differs from the words above. */
  readonly udp?: Partial<ProtocolBehaviour> | 'blocked'
  /** Where TCP differs from the words above. */
  readonly tcp?: Partial<ProtocolBehaviour> | 'blocked'
  readonly timeouts?: Partial<Timeouts>
}

/** RFC 4787 REQ-5c, RFC 5382 REQ-5, RFC 5508 REQ-2. */
const rfcTimeouts: Timeouts = { udp: 300, udpStream: 300, tcpEstablished: 7440, tcpTransitory: 240, icmp: 60 }

/**
 * A behaviour from what a person writes. What is absent: endpoint-independent mapping, address-and-port-dependent
 * filtering, the port preserved, hairpinning with the external source, and the timeouts that the RFCs recommend.
 * Throws NatError for what is no such word.
 */
export function behaviour(options: BehaviourOptions = {}): Behaviour {
  checkWords(options)
  const { mapping, filtering, ports, overloading, refresh, udp = {}, tcp = {} } = options
  const common: ProtocolBehaviour = {
    mapping: mapping ?? 'endpoint-independent',
    filtering: filtering ?? 'address-and-port-dependent',
    ports: ports ?? 'preserve',
    overloading: overloading ?? false,
    refresh: refresh ?? 'both',
  }
  return {
    udp: udp === 'blocked' ? udp : { ...common, ...udp },
    tcp: tcp === 'blocked' ? tcp : { ...common, ...tcp },
    hairpin: options.hairpin ?? 'external-source',
    pooling: options.pooling ?? 'paired',
    unsolicited: options.unsolicited ?? 'drop',
    timeouts: { ...rfcTimeouts, ...options.timeouts },
  }
}

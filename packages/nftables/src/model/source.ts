import type { CtDirection, CtKey, Exthdr, MetaKey, Osf, PayloadBase, Rt, Socket, Xfrm } from '../expr/index.ts'
import type { Selector } from './selector.ts'

/** What has to be known of a packet before a payload is read: nft adds the matches for it in front of the rule. */
export type Protocol =
  | 'ether'
  | 'vlan'
  | 'arp'
  | 'ip'
  | 'ip6'
  | 'icmp'
  | 'icmpv6'
  | 'igmp'
  | 'tcp'
  | 'udp'
  | 'udplite'
  | 'sctp'
  | 'dccp'
  | 'ah'
  | 'esp'
  | 'comp'
  | 'th'
  | 'raw'

/** A field that does not fill the bytes it lies in. */
export interface Bits {
  /** Bits to the right of it. */
  readonly shift: number
  /** How many it has. */
  readonly width: number
}

/** Bytes of a header. `th`: ports at the place that TCP, UDP, UDP-Lite, SCTP and DCCP share. */
export interface PayloadSource {
  readonly from: 'payload'
  readonly protocol: Protocol
  readonly base: PayloadBase
  /** Bytes. */
  readonly offset: number
  /** Bytes. */
  readonly length: number
  /** nft's number of the header's field, for the user data of anonymous sets. */
  readonly field: number
  readonly bits?: Bits
  /** Types of ICMP messages that have the field. */
  readonly icmpTypes?: readonly number[]
}

export interface MetaSource {
  readonly from: 'meta'
  readonly key: MetaKey
}

export interface CtSource {
  readonly from: 'ct'
  readonly key: CtKey
  readonly direction?: CtDirection
}

export interface FibSource {
  readonly from: 'fib'
  readonly result: 'oif' | 'oifname' | 'addrtype'
  readonly flags: readonly ('saddr' | 'daddr' | 'mark' | 'iif' | 'oif' | 'present')[]
}

/** An extension header of IPv6, an option of IPv4 or TCP, a chunk of SCTP. */
export interface ExthdrSource {
  readonly from: 'exthdr'
  readonly op: NonNullable<Exthdr['op']>
  /** Number of the header or option. */
  readonly type: number
  /** nft's numbers of the header and of its field, for the user data of sets. */
  readonly header: number
  readonly field: number
  /** Bytes. */
  readonly offset: number
  /** Bytes. */
  readonly length: number
  readonly bits?: Bits
  /** Only whether it is there. */
  readonly present?: boolean
}

/** A number from 0 to `modulus` - 1, plus `offset`: one after the other, or drawn. */
export interface NumgenSource {
  readonly from: 'numgen'
  readonly type: 'incremental' | 'random'
  readonly modulus: number
  readonly offset: number
}

/** A hash of a selector (jhash), or without one of the flow whichever way it goes (symhash). */
export interface HashSource {
  readonly from: 'hash'
  readonly selector: Selector | undefined
  readonly modulus: number
  readonly seed: number | undefined
  readonly offset: number
}

/** Of the local socket that the packet is for. */
export interface SocketSource {
  readonly from: 'socket'
  readonly key: Socket['key']
  readonly level?: number
}

/** Name of the sender's operating system, by its SYN. */
export interface OsfSource {
  readonly from: 'osf'
  readonly ttl: NonNullable<Osf['ttl']>
  readonly version: boolean
}

/** Of the route that the packet has. */
export interface RtSource {
  readonly from: 'rt'
  readonly key: Rt['key']
}

/** Of the IPsec state that the packet came or goes through. */
export interface XfrmSource {
  readonly from: 'xfrm'
  readonly key: Xfrm['key']
  readonly direction: Xfrm['direction']
  readonly spnum: number
}

export interface ConcatSource {
  readonly from: 'concat'
}

/** Where the value of a selector comes from. */
export type Source =
  | PayloadSource
  | MetaSource
  | CtSource
  | FibSource
  | ExthdrSource
  | NumgenSource
  | HashSource
  | SocketSource
  | OsfSource
  | RtSource
  | XfrmSource
  | ConcatSource

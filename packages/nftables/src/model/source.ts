import type { CtDirection, CtKey, MetaKey, PayloadBase } from '../expr/index.ts'

/** What has to be known of a packet before a payload is read: nft adds the matches for it in front of the rule. */
export type Protocol = 'ether' | 'ip' | 'ip6' | 'tcp' | 'udp' | 'icmp' | 'icmpv6' | 'th'

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

export interface ConcatSource {
  readonly from: 'concat'
}

/** Where the value of a selector comes from. */
export type Source = PayloadSource | MetaSource | CtSource | FibSource | ConcatSource

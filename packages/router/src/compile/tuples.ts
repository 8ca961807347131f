import { type Concatenation, concat, ct, ip, meta, type NumberField, tcp, th, udp } from '@sallyport/nftables'
import type { Protocol } from '../config/index.ts'

/** The endpoints of a mapping as a packet shows them, in the terms of the learned sets' keys. */
export interface View {
  /** `inet_proto . inet_service`: the external port. */
  readonly external: Concatenation<readonly ['inet_proto', 'inet_service']>
  /** `inet_proto . ipv4_addr . inet_service`: the inside endpoint. */
  readonly inside: Concatenation<readonly ['inet_proto', 'ipv4_addr', 'inet_service']>
  /** The same as a value: `ipv4_addr . inet_service`. */
  readonly endpoint: Concatenation<readonly ['ipv4_addr', 'inet_service']>
  /** `inet_proto . inet_service . ipv4_addr . inet_service`: both. */
  readonly mapping: Concatenation<readonly ['inet_proto', 'inet_service', 'ipv4_addr', 'inet_service']>
  /** `inet_proto . inet_service . ipv4_addr`: the external port and the peer. */
  readonly peer: Concatenation<readonly ['inet_proto', 'inet_service', 'ipv4_addr']>
  readonly externalPort: NumberField<'inet_service'>
}

/** A flow opened from inside, after its source was rewritten. */
export const outbound: View = {
  external: concat(meta.l4proto, ct.reply.protoDst),
  inside: concat(meta.l4proto, ct.original.ip.saddr, ct.original.protoSrc),
  endpoint: concat(ct.original.ip.saddr, ct.original.protoSrc),
  mapping: concat(meta.l4proto, ct.reply.protoDst, ct.original.ip.saddr, ct.original.protoSrc),
  peer: concat(meta.l4proto, ct.reply.protoDst, ct.reply.ip.saddr),
  externalPort: ct.reply.protoDst,
}

/** A flow opened from outside, after its destination was rewritten. */
export const inbound: View = {
  external: concat(meta.l4proto, ct.original.protoDst),
  inside: concat(meta.l4proto, ct.reply.ip.saddr, ct.reply.protoSrc),
  endpoint: concat(ct.reply.ip.saddr, ct.reply.protoSrc),
  mapping: concat(meta.l4proto, ct.original.protoDst, ct.reply.ip.saddr, ct.reply.protoSrc),
  peer: concat(meta.l4proto, ct.original.protoDst, ct.original.ip.saddr),
  externalPort: ct.original.protoDst,
}

/** A packet on its way out before its source is rewritten: the external port that it would like is its own. */
export function wished(protocol: Protocol): Omit<View, 'peer'> {
  const { sport } = protocol === 'tcp' ? tcp : udp
  return {
    external: concat(meta.l4proto, sport),
    inside: concat(meta.l4proto, ip.saddr, sport),
    endpoint: concat(ip.saddr, sport),
    mapping: concat(meta.l4proto, sport, ip.saddr, sport),
    externalPort: sport,
  }
}

/** Where a packet wants to go, before its destination is rewritten. */
export const arriving: Concatenation<readonly ['inet_proto', 'inet_service']> = concat(meta.l4proto, th.dport)

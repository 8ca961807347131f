import { type Concatenation, concat, ct, ip, meta, tcp, udp } from '@sallyport/nftables'
import type { Dependence } from '../behaviour.ts'

export type Transport = 'udp' | 'tcp'
/** The type of a set's key. */
export type Fields = Concatenation['type']
/** Selectors in a row. */
type Selectors = Concatenation['fields']

/**
 * The endpoints of a mapping in the terms of the learned sets' keys. All of them are read from the packet, so that
 * one ruleset serves every router with the same interfaces. `pooled`: with the external address beside the port.
 */
export interface Shape {
  readonly transport: Transport
  readonly mapping: Dependence
  readonly pooled: boolean
}

/** How one packet shows a mapping. */
export interface View {
  /** The external endpoint. */
  readonly external: Concatenation
  /** `ipv4_addr . inet_service`: the inside endpoint. */
  readonly inside: Concatenation
  /** The external endpoint and the address of the peer (RFC 4787 section 5: address-dependent filtering). */
  readonly peer: Concatenation
}

export function externalType({ pooled }: Shape): Fields {
  return pooled ? ['inet_proto', 'ipv4_addr', 'inet_service'] : ['inet_proto', 'inet_service']
}

/** What a mapping is for (RFC 4787 section 4.1): the inside endpoint, and as much of the destination as it depends on. */
function mappingFields({ mapping }: Shape): Selectors {
  const inside = [ct.original.ip.saddr, ct.original.protoSrc] as const
  if (mapping === 'endpoint-independent') return inside
  if (mapping === 'address-dependent') return [...inside, ct.original.ip.daddr]
  return [...inside, ct.original.ip.daddr, ct.original.protoDst]
}

export function mappingKey(shape: Shape): Concatenation {
  return concat(...mappingFields(shape))
}

/** A flow opened from inside, behind source NAT. */
export function outbound({ pooled }: Shape): View {
  const external = pooled ? [ct.reply.ip.daddr, ct.reply.protoDst] : [ct.reply.protoDst]
  return {
    external: concat(meta.l4proto, ...external),
    inside: concat(ct.original.ip.saddr, ct.original.protoSrc),
    peer: concat(meta.l4proto, ...external, ct.original.ip.daddr),
  }
}

/** A flow opened from outside, behind destination NAT. */
export function inbound({ pooled }: Shape): View {
  const external = pooled ? [ct.original.ip.daddr, ct.original.protoDst] : [ct.original.protoDst]
  return {
    external: concat(meta.l4proto, ...external),
    inside: concat(ct.reply.ip.saddr, ct.reply.protoSrc),
    peer: concat(meta.l4proto, ...external, ct.original.ip.saddr),
  }
}

/**
 * A first packet on its way out, before NAT. A candidate for its external endpoint is written into the packet itself,
 * where the sets can be asked about it; the kernel's NAT then writes the same once more.
 */
export function candidate({ pooled, transport }: Shape, ...peer: Selectors): Concatenation {
  const { sport } = header(transport)
  return pooled ? concat(meta.l4proto, ip.saddr, sport, ...peer) : concat(meta.l4proto, sport, ...peer)
}

/** A first packet from outside, before destination NAT. */
export function arriving({ pooled, transport }: Shape): Pick<View, 'external' | 'peer'> {
  const { dport } = header(transport)
  const external = pooled ? [ip.daddr, dport] : [dport]
  return { external: concat(meta.l4proto, ...external), peer: concat(meta.l4proto, ...external, ip.saddr) }
}

/** The two ends of a packet as the internet sees them. */
interface End {
  readonly address: typeof ip.saddr
  readonly port: typeof udp.sport
}

/** What a filter lets through (RFC 4787 section 5): the external endpoint, and as much of the peer as it looks at. */
export function passage({ pooled }: Shape, filtering: Dependence, external: End, peer: End): Concatenation {
  const ours = pooled ? [external.address, external.port] : [external.port]
  if (filtering === 'endpoint-independent') return concat(meta.l4proto, ...ours)
  if (filtering === 'address-dependent') return concat(meta.l4proto, ...ours, peer.address)
  return concat(meta.l4proto, ...ours, peer.address, peer.port)
}

export function header(transport: Transport): typeof udp | typeof tcp {
  return transport === 'udp' ? udp : tcp
}

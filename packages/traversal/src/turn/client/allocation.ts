import {
  type Attached,
  type Attribute,
  additionalAddressFamily,
  addressErrorCode,
  attribute,
  dontFragment,
  evenPort,
  lifetime,
  type Message,
  mobilityTicket,
  requestedAddressFamily,
  requestedTransport,
  reservationToken,
  xorMappedAddress,
  xorRelayedAddress,
} from '../../stun/index.ts'
import type { Allocated } from './events.ts'
import type { Wish } from './options.ts'

/**
 * Its number before IANA gave it 0x8000, which coturn 4.6 knows it by still. Nobody has to understand either of them, so
 * both are sent.
 */
const draftAddressFamily: Attribute<4 | 6> = attribute(0x8032, 'ADDITIONAL-ADDRESS-FAMILY', additionalAddressFamily)

const protocols = { udp: 17, tcp: 6 } as const

/** What the Allocate request says (RFC 8656 section 7.1). */
export function wishOf(wish: Wish): readonly Attached[] {
  const { family, evenPort: even, reservation } = wish
  return [
    requestedTransport.of(protocols[wish.relay ?? 'udp']),
    ...(wish.lifetime === undefined ? [] : [lifetime.of(wish.lifetime)]),
    ...(family === 'both' ? [additionalAddressFamily.of(6), draftAddressFamily.of(6)] : []),
    ...(family === 4 || family === 6 ? [requestedAddressFamily.of(family)] : []),
    ...(even === undefined || even === false ? [] : [evenPort.of({ reserve: even === 'reserve' })]),
    ...(reservation === undefined ? [] : [reservationToken.of(reservation)]),
    ...(wish.dontFragment ? [dontFragment.of(true)] : []),
    ...(wish.mobility ? [mobilityTicket.of(new Uint8Array())] : []),
  ]
}

/** What the server gave; undefined when it makes no sense. */
export function allocatedIn(message: Message): Allocated | undefined {
  const relayed = message.all(xorRelayedAddress)
  if (relayed === undefined || relayed.length === 0 || lifetimeIn(message) === undefined) return undefined
  return {
    relayed,
    mapped: message.get(xorMappedAddress),
    reservation: message.get(reservationToken),
    missing: message.get(addressErrorCode),
  }
}

/** A day: longer than any server gives, and a time that every clock can hold. Seconds. */
const LONGEST = 86_400

/** Milliseconds; undefined for none at all. */
export function lifetimeIn(message: Message): number | undefined {
  const seconds = message.get(lifetime)
  return seconds === undefined || seconds === 0 ? undefined : Math.min(seconds, LONGEST) * 1000
}

/** So long before its end an allocation is refreshed: time for three requests that nobody answers. Milliseconds. */
export function marginOf(lifetimeMs: number): number {
  return Math.min(120_000, lifetimeMs / 2)
}

/** Empty when the server does not do RFC 8016. */
export function ticketIn(message: Message): Uint8Array | undefined {
  const ticket = message.get(mobilityTicket)
  return ticket === undefined || ticket.length === 0 ? undefined : Uint8Array.from(ticket)
}

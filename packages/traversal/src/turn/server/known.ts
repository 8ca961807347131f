import * as stun from '../../stun/attributes/index.ts'
import { FINGERPRINT, MESSAGE_INTEGRITY, MESSAGE_INTEGRITY_SHA256 } from '../../stun/index.ts'

/**
 * Types of attributes that the server understands; others that have to be understood get a 420. Those that make no
 * sense in a request are understood too, and ignored (RFC 8489 section 14).
 */
export const knownAttributes: ReadonlySet<number> = new Set([
  MESSAGE_INTEGRITY,
  MESSAGE_INTEGRITY_SHA256,
  FINGERPRINT,
  ...[
    stun.username,
    stun.userhash,
    stun.realm,
    stun.nonce,
    stun.passwordAlgorithm,
    stun.channelNumber,
    stun.lifetime,
    stun.xorPeerAddress,
    stun.data,
    stun.requestedAddressFamily,
    stun.evenPort,
    stun.requestedTransport,
    stun.dontFragment,
    stun.reservationToken,
    stun.connectionId,
    stun.mappedAddress,
    stun.xorMappedAddress,
    stun.xorRelayedAddress,
    stun.errorCode,
    stun.unknownAttributes,
  ].map(({ type }) => type),
])

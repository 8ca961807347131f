import * as stun from '../../stun/attributes/index.ts'
import { type Attribute, FINGERPRINT, MESSAGE_INTEGRITY, MESSAGE_INTEGRITY_SHA256 } from '../../stun/index.ts'

/** Types of attributes that a client understands in an answer or indication. */
export const understood: ReadonlySet<number> = new Set([
  MESSAGE_INTEGRITY,
  MESSAGE_INTEGRITY_SHA256,
  FINGERPRINT,
  ...(
    [
      stun.mappedAddress,
      stun.username,
      stun.userhash,
      stun.errorCode,
      stun.unknownAttributes,
      stun.realm,
      stun.nonce,
      stun.passwordAlgorithm,
      stun.xorMappedAddress,
      stun.channelNumber,
      stun.lifetime,
      stun.xorPeerAddress,
      stun.data,
      stun.xorRelayedAddress,
      stun.requestedAddressFamily,
      stun.evenPort,
      stun.requestedTransport,
      stun.dontFragment,
      stun.reservationToken,
      stun.connectionId,
    ] as readonly Pick<Attribute<unknown>, 'type'>[]
  ).map(({ type }) => type),
])

import type { Attached } from './attribute.ts'
import { errorCode } from './attributes/error-code.ts'

/** Error codes of STUN and TURN with the reason phrases of IANA's registry. */
export const reasons = {
  300: 'Try Alternate', // RFC 8489
  400: 'Bad Request',
  401: 'Unauthenticated',
  403: 'Forbidden', // RFC 8656
  405: 'Mobility Forbidden', // RFC 8016
  420: 'Unknown Attribute',
  437: 'Allocation Mismatch', // RFC 8656
  438: 'Stale Nonce',
  440: 'Address Family not Supported', // RFC 8656
  441: 'Wrong Credentials',
  442: 'Unsupported Transport Protocol',
  443: 'Peer Address Family Mismatch',
  446: 'Connection Already Exists', // RFC 6062
  447: 'Connection Timeout or Failure',
  486: 'Allocation Quota Reached', // RFC 8656
  487: 'Role Conflict', // RFC 8445
  500: 'Server Error',
  508: 'Insufficient Capacity', // RFC 8656
} as const
export type StunErrorCode = keyof typeof reasons

/** Without words: for replies that have to be short. */
export function bareFailure(code: StunErrorCode): Attached {
  return errorCode.of({ code, reason: '' })
}

/** The attribute that says so. */
export function failure(code: StunErrorCode): Attached {
  return errorCode.of({ code, reason: reasons[code] })
}

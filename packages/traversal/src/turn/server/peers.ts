import { canonical } from '../../filter/index.ts'
import type { Endpoint, StunErrorCode } from '../../stun/index.ts'
import type { Allocation } from './allocation.ts'
import type { TurnServer } from './server.ts'

/**
 * A peer that a client names, as it is meant: under its plain address. Or the error: 443 for a family that the
 * allocation has no relay of (RFC 8656 section 10.2: MUST), 403 for one that the filter denies (MAY). Every path to a
 * peer goes through here or {@link hostOf}.
 */
export function peerOf(server: TurnServer, allocation: Allocation, named: Endpoint): Endpoint | StunErrorCode {
  if (named.port === 0) return 400 // nothing can be sent there
  return judged(server, allocation, named, named.port)
}

/** The same where the port does not count: permissions are for addresses. */
export function hostOf(server: TurnServer, allocation: Allocation, named: Endpoint): Endpoint | StunErrorCode {
  return judged(server, allocation, named, undefined)
}

function judged(
  server: TurnServer,
  allocation: Allocation,
  named: Endpoint,
  port: number | undefined,
): Endpoint | StunErrorCode {
  const address = canonical(named.address)
  if (allocation.relay(address.includes(':') ? 6 : 4) === undefined) return 443
  return server.options.filter.allows(address, port) ? { address, port: named.port } : 403
}

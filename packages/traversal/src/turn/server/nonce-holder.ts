import type { NonceHolder } from '../../stun/index.ts'
import type { Client } from './client.ts'

/**
 * Whom a nonce is for. A data connection (RFC 6062 section 4.3) comes from a port of its own and shows the nonce of its
 * control connection: of a stream the address counts alone, which its handshake has proved.
 */
export function nonceHolder({ transport, remote }: Client): NonceHolder {
  return { ...remote, anyPort: transport !== 'udp' }
}

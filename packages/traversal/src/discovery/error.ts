import type { Endpoint } from '../stun/index.ts'
import { printEndpoint } from './endpoint.ts'

/** Why nothing could be found out: nobody listens there, or the name has no address. */
export type DiscoveryFailure = 'refused' | 'no such host'

/** Nothing is known about the NAT, not even that UDP is blocked. The message says what to do. */
export class DiscoveryError extends Error {
  readonly failure: DiscoveryFailure

  constructor(failure: DiscoveryFailure, message: string) {
    super(message)
    this.name = 'DiscoveryError'
    this.failure = failure
  }
}

export function allRefused(servers: readonly Endpoint[]): DiscoveryError {
  const where = servers.map(printEndpoint).join(', ')
  return new DiscoveryError('refused', `no STUN server at ${where}: nobody listens there, or there is no way there`)
}

import type { Endpoint } from '../stun/index.ts'
import { printEndpoint } from './endpoint.ts'

/** A server that nothing could be asked of, and why. */
export interface Unreached {
  readonly server: Endpoint
  readonly why: 'no listener' | 'no route'
}

/** Why nothing could be found out: no server can be reached, for these reasons, or a name has no address. */
export type DiscoveryFailure = 'unreached' | 'no such host'

/** Nothing is known about the NAT, not even that UDP is blocked. The message says what to do. */
export class DiscoveryError extends Error {
  override readonly name = 'DiscoveryError'
  readonly failure: DiscoveryFailure
  /** With 'unreached': every server. */
  readonly unreached: readonly Unreached[]

  constructor(failure: DiscoveryFailure, message: string, unreached: readonly Unreached[] = []) {
    super(message)
    this.failure = failure
    this.unreached = unreached
  }
}

export function noneReached(unreached: readonly Unreached[]): DiscoveryError {
  return new DiscoveryError('unreached', unreached.map(explain).join('\n'), unreached)
}

function explain({ server, why }: Unreached): string {
  const where = printEndpoint(server)
  return why === 'no listener'
    ? `no STUN server at ${where}: nobody listens there; is the port right?`
    : `no way to ${where}: is this machine on the network?`
}

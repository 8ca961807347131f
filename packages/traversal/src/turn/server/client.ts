import type { Endpoint } from '../../stun/index.ts'

export type ClientTransport = 'udp' | 'tcp' | 'tls' | 'dtls'

/** Who talks to the server: RFC 8656's 5-tuple. */
export interface Client {
  readonly transport: ClientTransport
  readonly remote: Endpoint
  /** The address of the server that the client talks to. */
  readonly local: Endpoint
}

/** One text for each 5-tuple. */
export function clientKey({ transport, remote, local }: Client): string {
  return `${transport} ${remote.address} ${remote.port} ${local.address} ${local.port}`
}

import { type Endpoint, parseServerUri } from '../stun/index.ts'

export type ServerTransport = 'udp' | 'tcp' | 'tls'

/**
 * A server as people write one: 'host', 'host:port', '[2001:db8::1]:3478', or a URI of RFC 7064 and 7065, as
 * 'turns:turn.example.org?transport=tcp'. Or its parts.
 */
export type ServerName = string | Endpoint | { readonly host: string; readonly port?: number }

export interface NamedServer {
  /** A name or an address. */
  readonly host: string
  readonly port: number
  /** What the URI says; undefined when it says nothing. */
  readonly transport: ServerTransport | undefined
}

const PORT = 3478
const TLS_PORT = 5349

/**
 * @param fallback the transport when the name says none; it decides about the port too
 * Throws RangeError for text that names no server.
 */
export function parseServer(server: ServerName, fallback: ServerTransport = 'udp'): NamedServer {
  if (typeof server !== 'string') {
    const host = 'host' in server ? server.host : server.address
    return { host, port: server.port ?? portOf(fallback), transport: undefined }
  }
  const parsed = parseServerUri(server)
  if (parsed === undefined) throw new RangeError(`'${server}' is no server; write host:port, [IPv6]:port or turn:host`)
  const { scheme, host, port, transport: by } = parsed
  const secure = scheme === 'stuns' || scheme === 'turns'
  if (secure && by === 'udp') throw new RangeError(`${server}: DTLS is not spoken here`)
  const transport = secure ? 'tls' : by
  return { host, port: port ?? portOf(transport ?? fallback), transport }
}

function portOf(transport: ServerTransport): number {
  return transport === 'tls' ? TLS_PORT : PORT
}

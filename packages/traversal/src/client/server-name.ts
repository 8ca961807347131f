import type { Endpoint } from '../stun/index.ts'

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
const pattern =
  /^(?:(?<scheme>stuns?|turns?):)?(?:\[(?<ip>[^\]]+)\]|(?<host>[^:[\]?\s/]+))(?::(?<port>\d+))?(?:\?transport=(?<by>udp|tcp))?$/i

/**
 * @param fallback the transport when the name says none; it decides about the port too
 * Throws RangeError for text that names no server.
 */
export function parseServer(server: ServerName, fallback: ServerTransport = 'udp'): NamedServer {
  if (typeof server !== 'string') {
    const host = 'host' in server ? server.host : server.address
    return { host, port: server.port ?? portOf(fallback), transport: undefined }
  }
  const groups = pattern.exec(server)?.groups ?? bare(server)
  const { scheme, by } = groups
  const secure = scheme?.toLowerCase().endsWith('s') === true
  if (secure && by?.toLowerCase() === 'udp') throw new RangeError(`${server}: DTLS is not spoken here`)
  const transport = secure ? 'tls' : (by?.toLowerCase() as 'udp' | 'tcp' | undefined)
  const port = groups.port === undefined ? portOf(transport ?? fallback) : Number(groups.port)
  if (port < 1 || port > 65_535) throw new RangeError(`${server}: a port is between 1 and 65535`)
  return { host: (groups.ip ?? groups.host)!, port, transport }
}

/** An IPv6 address without brackets. */
function bare(server: string): Readonly<Record<string, string | undefined>> {
  if (!/^[\da-f:.]+$/i.test(server) || !server.includes('::')) {
    throw new RangeError(`'${server}' is no server; write host:port, [IPv6]:port or turn:host`)
  }
  return { ip: server }
}

function portOf(transport: ServerTransport): number {
  return transport === 'tls' ? TLS_PORT : PORT
}

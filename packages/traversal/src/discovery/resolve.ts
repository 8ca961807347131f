import { lookup } from 'node:dns/promises'
import { type Endpoint, parseServerUri } from '../stun/index.ts'
import { DiscoveryError } from './error.ts'

/** A server as a person writes it. */
export interface ServerName {
  readonly host: string
  readonly port: number
}

/** IANA's port of STUN over UDP. */
const STUN_PORT = 3478

/**
 * 'stun.example.org', '192.0.2.1:3478', '[2001:db8::1]:3478', '2001:db8::1', 'stun:stun.example.org' (RFC 7064); without
 * a port 3478. Undefined for what is none of these.
 */
export function parseServer(text: string): ServerName | undefined {
  const { scheme = 'stun', host, port = STUN_PORT, transport = 'udp' } = parseServerUri(text) ?? {}
  return host === undefined || scheme !== 'stun' || transport !== 'udp' ? undefined : { host, port }
}

/** Its address: IPv4 if it has one, since that is where NATs are. Throws {@link DiscoveryError}. */
export async function resolveServer({ host, port }: ServerName): Promise<Endpoint> {
  try {
    const { address } = await lookup(host, { order: 'ipv4first' })
    return { address, port }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'error'
    throw new DiscoveryError('no such host', `cannot find the address of ${host} (${code}); is the name right?`)
  }
}

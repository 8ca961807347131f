import { lookup } from 'node:dns/promises'
import { isIPv6 } from 'node:net'
import type { Endpoint } from '../stun/index.ts'
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
  const [, inner, bare, port = `${STUN_PORT}`] =
    /^(?:stun:(?!\d+$))?(?:\[(.+)\]|([^:[\]]+))(?::(\d{1,5}))?$/i.exec(text) ?? []
  const host = isIPv6(text) ? text : (inner ?? bare)
  if (host === undefined || (inner !== undefined && !isIPv6(inner))) return undefined
  const number = isIPv6(text) ? STUN_PORT : Number(port)
  return number < 1 || number > 65_535 ? undefined : { host, port: number }
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

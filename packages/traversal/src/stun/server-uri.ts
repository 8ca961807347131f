import { isIPv6 } from 'node:net'

/** What a person writes for a server, in its parts. */
export interface ServerUri {
  readonly scheme: 'stun' | 'stuns' | 'turn' | 'turns' | undefined
  /** A name or an address. */
  readonly host: string
  /** From 1 to 65535. */
  readonly port: number | undefined
  readonly transport: 'udp' | 'tcp' | undefined
}

// A scheme needs more than a port behind it: 'stun:3478' is a host of that name.
const pattern =
  /^(?:(?<scheme>stuns?|turns?):(?!\d+$))?(?:\[(?<ip>[^\]]+)\]|(?<name>[^:[\]?\s/]+))(?::(?<port>\d{1,5}))?(?:\?transport=(?<transport>udp|tcp))?$/i

/**
 * 'host', 'host:port', '[2001:db8::1]:3478', '2001:db8::1', or a URI of RFC 7064 and 7065, as
 * 'turns:turn.example.org?transport=tcp'. Undefined for what is none of these.
 */
export function parseServerUri(text: string): ServerUri | undefined {
  if (isIPv6(text)) return { scheme: undefined, host: text, port: undefined, transport: undefined }
  const groups = pattern.exec(text)?.groups
  if (groups === undefined) return undefined
  const { scheme, ip, name, port, transport } = groups
  if (ip !== undefined && !isIPv6(ip)) return undefined
  const number = port === undefined ? undefined : Number(port)
  if (number === 0 || Number(number) > 65_535) return undefined
  return {
    scheme: scheme?.toLowerCase() as ServerUri['scheme'],
    host: (ip ?? name)!,
    port: number,
    transport: transport?.toLowerCase() as ServerUri['transport'],
  }
}

import { isIP } from 'node:net'
import type { ConnectionOptions } from 'node:tls'

/** What Node's `tls.connect` takes: `ca`, `servername`, `cert`, `key`, … */
export type { ConnectionOptions } from 'node:tls'

/** With the name that the certificate has to be for; an address is no name of TLS, and checked without it. */
export function namedFor(host: string, options: ConnectionOptions = {}): ConnectionOptions {
  return isIP(host) === 0 ? { servername: host, ...options } : options
}

import { parseIp } from '@sallyport/linux'
import type { Endpoint } from '../stun/index.ts'

export function sameEndpoint(one: Endpoint, other: Endpoint): boolean {
  return one.port === other.port && one.address === other.address
}

export function isOneFamily(one: Endpoint, other: Endpoint): boolean {
  return one.address.includes(':') === other.address.includes(':')
}

/** '192.0.2.1:3478', '[2001:db8::1]:3478' */
export function printEndpoint({ address, port }: Endpoint): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/** Whether nobody on the internet can have that address: private (RFC 1918, 4193), carriers' (RFC 6598), link-local. */
export function isInside(address: string): boolean {
  const { bytes, family } = parseIp(address)
  const [a = 0, b = 0] = bytes
  if (family === 6) return (a & 0xfe) === 0xfc || (a === 0xfe && (b & 0xc0) === 0x80)
  if (a === 10 || (a === 192 && b === 168) || (a === 169 && b === 254)) return true
  return (a === 172 && (b & 0xf0) === 16) || (a === 100 && (b & 0xc0) === 64)
}

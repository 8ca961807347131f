import { formatIp } from '@sallyport/linux'
import { canonical } from '../filter/index.ts'
import type { Endpoint } from '../stun/index.ts'

/** Senders as the kernel writes them (`struct sockaddr_in`, `sockaddr_in6`), at some place of a larger memory. */

const AF_INET = 2

/** The IPv4 address as a signed integer of 32 bits, which the engine keeps without allocating. */
export function ipv4At(bytes: Uint8Array, at: number): number {
  return (bytes[at + 4]! << 24) | (bytes[at + 5]! << 16) | (bytes[at + 6]! << 8) | bytes[at + 7]!
}

export function portAt(bytes: Uint8Array, at: number): number {
  return (bytes[at + 2]! << 8) | bytes[at + 3]!
}

/** Port and IPv6 address as a text to look them up by. */
export function textAt(bytes: Uint8Array, at: number): string {
  let key = String.fromCharCode(portAt(bytes, at))
  for (let index = 8; index < 24; index += 2) {
    key += String.fromCharCode((bytes[at + index]! << 8) | bytes[at + index + 1]!)
  }
  return key
}

/** The sender at `at` as text. */
export function endpointAt(bytes: Uint8Array, at: number): Endpoint {
  const address = isIpv4(bytes, at) ? bytes.subarray(at + 4, at + 8) : bytes.subarray(at + 8, at + 24)
  return { address: canonical(formatIp(address)), port: (bytes[at + 2]! << 8) | bytes[at + 3]! }
}

/** Bytes of the `sockaddr` at `at`. */
export function addressSize(bytes: Uint8Array, at: number): number {
  return isIpv4(bytes, at) ? 16 : 28
}

/** sa_family is in host order: one of its bytes is zero, the other the number. */
export function isIpv4(bytes: Uint8Array, at: number): boolean {
  return bytes[at]! + bytes[at + 1]! === AF_INET
}

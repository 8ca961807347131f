import { parseIp } from '@sallyport/linux'

/** The Internet checksum over parts laid end to end; every part but the last has an even length (RFC 1071). */
export function internetChecksum(...parts: readonly Uint8Array[]): number {
  let sum = 0
  for (const part of parts) sum += sumOf(part)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}

function sumOf(bytes: Uint8Array): number {
  const even = bytes.length & ~1
  let sum = 0
  for (let at = 0; at < even; at += 2) sum += (bytes[at]! << 8) | bytes[at + 1]!
  return even === bytes.length ? sum : sum + (bytes[even]! << 8)
}

/** What a transport checksum covers of the IP header: RFC 768 and RFC 9293 section 3.1 for IPv4, RFC 8200 section 8.1. */
export function pseudoHeader(source: string, destination: string, protocol: number, length: number): Uint8Array {
  const [from, to] = [parseIp(source), parseIp(destination)]
  const size = from.bytes.length
  const header = new Uint8Array(2 * size + 8)
  header.set(from.bytes)
  header.set(to.bytes, size)
  // IPv4 has a zero, the protocol and 16 bits of length, IPv6 32 bits of each: the sum is the same.
  new DataView(header.buffer).setUint32(2 * size, length)
  header[2 * size + 7] = protocol
  return header
}

/** Of a UDP datagram, TCP segment or ICMPv6 message whose own checksum field is zero. */
export function transportChecksum(source: string, destination: string, protocol: number, bytes: Uint8Array): number {
  return internetChecksum(pseudoHeader(source, destination, protocol, bytes.length), bytes)
}

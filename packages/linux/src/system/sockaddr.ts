import { formatIp, type IpAddress, parseIp } from '../address/ip.ts'
import { littleEndian, Writer } from '../bytes/index.ts'
import { AF_INET, AF_INET6, AF_NETLINK, AF_PACKET } from './libc.ts'

/** `struct sockaddr_*`: what bind, connect and getsockname speak. */

/** struct sockaddr_nl. `portId` 0: the kernel as a peer, a free one to bind to. */
export function netlinkAddress(portId: number): Uint8Array {
  const out = new Writer(12)
  out.u16(AF_NETLINK)
  out.u16(0)
  out.u32(portId)
  out.u32(0) // nl_groups: joined by setsockopt, which knows more than 32
  return out.finish()
}

/** nl_pid of a sockaddr_nl. */
export function portIdOf(address: Uint8Array): number {
  return new DataView(address.buffer, address.byteOffset).getUint32(4, littleEndian)
}

/** struct sockaddr_in or sockaddr_in6. Throws RangeError for text that is no IP address. */
export function internetAddress(address: string | IpAddress, port: number): Uint8Array {
  const { family, bytes } = typeof address === 'string' ? parseIp(address) : address
  const out = new Writer(28)
  out.u16(family === 4 ? AF_INET : AF_INET6)
  out.u16be(port)
  if (family === 6) out.u32(0) // sin6_flowinfo
  out.bytes(bytes)
  if (family === 6)
    out.u32(0) // sin6_scope_id
  else out.u64(0n) // sin_zero
  return out.finish()
}

/** The address and port of a sockaddr_in or sockaddr_in6. An IPv4 address of a socket of both families stays mapped. */
export function endpointOf(address: Uint8Array): { readonly address: string; readonly port: number } {
  const family = new DataView(address.buffer, address.byteOffset).getUint16(0, littleEndian)
  const bytes = family === AF_INET ? address.subarray(4, 8) : address.subarray(8, 24)
  return { address: formatIp(bytes), port: portOf(address) }
}

/** sin_port or sin6_port: they lie at the same place. */
export function portOf(address: Uint8Array): number {
  return new DataView(address.buffer, address.byteOffset).getUint16(2)
}

/** struct sockaddr_ll to bind or send to. `protocol`: an EtherType; `link`: an index, 0 for all links. */
export function linkAddress(protocol: number, link: number): Uint8Array {
  const out = new Writer(20)
  out.u16(AF_PACKET)
  out.u16be(protocol)
  out.u32(link)
  out.u16(0) // sll_hatype
  out.u8(0) // sll_pkttype
  out.u8(6) // sll_halen: the kernel wants it, and does not look at what follows
  out.u64(0n)
  return out.finish()
}

/** sll_ifindex. */
export function linkOf(address: Uint8Array): number {
  return new DataView(address.buffer, address.byteOffset).getUint32(4, littleEndian)
}

/** sll_pkttype (PACKET_*). */
export function packetTypeOf(address: Uint8Array): number {
  return address[10]!
}

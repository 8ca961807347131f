import { formatIp } from '@sallyport/linux'
import type { KernelElement } from '@sallyport/nftables'
import type { PortRange, Protocol } from '../config/index.ts'

/**
 * Elements of our own sets, read back. Their layout follows from the types that the sets are defined with: every
 * field of a concatenation begins at a multiple of four bytes, in network byte order.
 */

const PROTOCOLS: Readonly<Record<number, Protocol>> = { 6: 'tcp', 17: 'udp' }

function portAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}

const addressAt = (bytes: Uint8Array, at: number): string => formatIp(bytes.subarray(at, at + 4))
const dataOf = ({ data }: KernelElement): Uint8Array =>
  data !== undefined && 'value' in data ? data.value : new Uint8Array(8)

export interface ProtocolRange extends PortRange {
  readonly protocol: Protocol
}

/** Key `inet_proto . inet_service`, perhaps a range of ports. */
export function readPorts({ key = new Uint8Array(8), keyEnd = key }: KernelElement): ProtocolRange | undefined {
  const protocol = PROTOCOLS[key[0] ?? 0]
  return protocol && { protocol, from: portAt(key, 4), to: portAt(keyEnd, 4) }
}

/** Element of `forwards` (address and port) or `forward_ranges` (address alone). */
export function readForward(element: KernelElement): (ProtocolRange & { address: string; port?: number }) | undefined {
  const ports = readPorts(element)
  const value = dataOf(element)
  if (ports === undefined) return undefined
  return { ...ports, address: addressAt(value, 0), ...(value.length >= 8 && { port: portAt(value, 4) }) }
}

/** An open port and the inside endpoint that has it. */
export interface OpenPort {
  readonly protocol: Protocol
  readonly external: number
  readonly address: string
  readonly port: number
}

/** Key `inet_proto . inet_service . ipv4_addr . inet_service`: external port and inside endpoint. */
export function readOpenPort({ key = new Uint8Array(16) }: KernelElement): OpenPort | undefined {
  const protocol = PROTOCOLS[key[0] ?? 0]
  return protocol && { protocol, external: portAt(key, 4), address: addressAt(key, 8), port: portAt(key, 12) }
}

/** Key `inet_proto . inet_service`, value `ipv4_addr . inet_service`: the same the other way of storing it. */
export function readExternal(element: KernelElement): OpenPort | undefined {
  const { key = new Uint8Array(8) } = element
  const protocol = PROTOCOLS[key[0] ?? 0]
  const value = dataOf(element)
  return protocol && { protocol, external: portAt(key, 4), address: addressAt(value, 0), port: portAt(value, 4) }
}

/** Key `inet_proto . ipv4_addr . inet_service`, value `inet_service`: and from inside. */
export function readPin(element: KernelElement): OpenPort | undefined {
  const { key = new Uint8Array(12) } = element
  const protocol = PROTOCOLS[key[0] ?? 0]
  return (
    protocol && { protocol, address: addressAt(key, 4), port: portAt(key, 8), external: portAt(dataOf(element), 0) }
  )
}

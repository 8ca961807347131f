import type { Endpoint } from '@sallyport/linux'
import { transportChecksum } from './checksum.ts'
import { PROTOCOL_UDP } from './ip.ts'

/** RFC 768. */
export interface Udp {
  readonly kind: 'udp'
  readonly sourcePort: number
  readonly destinationPort: number
  readonly payload: Uint8Array
}

/** Undefined for what is cut off within the header. The payload is a view. */
export function decodeUdp(bytes: Uint8Array): Udp | undefined {
  if (bytes.length < 8) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const end = Math.max(8, Math.min(bytes.length, view.getUint16(4)))
  return {
    kind: 'udp',
    sourcePort: view.getUint16(0),
    destinationPort: view.getUint16(2),
    payload: bytes.subarray(8, end),
  }
}

/** With its checksum: a NAT that gets it wrong is found out by the receiver's kernel. */
export function encodeUdp(from: Endpoint, to: Endpoint, payload: Uint8Array): Uint8Array {
  const datagram = new Uint8Array(8 + payload.length)
  const view = new DataView(datagram.buffer)
  view.setUint16(0, from.port)
  view.setUint16(2, to.port)
  view.setUint16(4, datagram.length)
  datagram.set(payload, 8)
  view.setUint16(6, transportChecksum(from.address, to.address, PROTOCOL_UDP, datagram) || 0xffff)
  return datagram
}

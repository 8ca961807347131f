import type { Endpoint } from '@sallyport/linux'
import { transportChecksum } from './checksum.ts'
import { PROTOCOL_TCP } from './ip.ts'

/** RFC 9293 section 3.1, in the order of its bits from the lowest. */
const flagNames = ['fin', 'syn', 'rst', 'psh', 'ack', 'urg', 'ece', 'cwr'] as const
export type TcpFlag = (typeof flagNames)[number]

export interface Tcp {
  readonly kind: 'tcp'
  readonly sourcePort: number
  readonly destinationPort: number
  readonly sequence: number
  readonly acknowledgement: number
  readonly flags: readonly TcpFlag[]
  readonly window: number
  readonly payload: Uint8Array
}

/** What a person writes of a segment. */
export interface TcpOptions {
  readonly sequence?: number
  readonly acknowledgement?: number
  readonly flags: readonly TcpFlag[]
  /** Default 65535. */
  readonly window?: number
}

/** Undefined for what is cut off within the header. The payload is a view. */
export function decodeTcp(bytes: Uint8Array): Tcp | undefined {
  const header = ((bytes[12] ?? 0) >> 4) * 4
  if (header < 20 || bytes.length < header) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  return {
    kind: 'tcp',
    sourcePort: view.getUint16(0),
    destinationPort: view.getUint16(2),
    sequence: view.getUint32(4),
    acknowledgement: view.getUint32(8),
    flags: flagNames.filter((_, bit) => ((bytes[13]! >> bit) & 1) === 1),
    window: view.getUint16(14),
    payload: bytes.subarray(header),
  }
}

/** A segment without options. */
export function encodeTcp(
  from: Endpoint,
  to: Endpoint,
  options: TcpOptions,
  payload: Uint8Array = new Uint8Array(),
): Uint8Array {
  const { sequence = 0, acknowledgement = 0, flags, window = 65_535 } = options
  const segment = new Uint8Array(20 + payload.length)
  const view = new DataView(segment.buffer)
  view.setUint16(0, from.port)
  view.setUint16(2, to.port)
  view.setUint32(4, sequence)
  view.setUint32(8, acknowledgement)
  segment[12] = 5 << 4
  segment[13] = flags.reduce((bits, flag) => bits | (1 << flagNames.indexOf(flag)), 0)
  view.setUint16(14, window)
  segment.set(payload, 20)
  view.setUint16(16, transportChecksum(from.address, to.address, PROTOCOL_TCP, segment))
  return segment
}

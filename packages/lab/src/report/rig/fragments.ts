import type { Endpoint } from '@sallyport/linux'
import { encodeIp, encodeUdp, PROTOCOL_UDP } from '../../packet/index.ts'
import type { Arrived, Station } from './station.ts'

let identification = 0x4200

/** A UDP datagram in IP fragments of at most `size` bytes of content (a multiple of 8), in their natural order. */
export function fragmentsOf(from: Endpoint, to: Endpoint, content: Uint8Array, size = 800): Uint8Array[] {
  const datagram = encodeUdp(from, to, content)
  identification = (identification + 1) & 0xffff
  const id = identification
  return Array.from({ length: Math.ceil(datagram.length / size) }, (_, index) => {
    const offset = index * size
    const fragment = { offset, more: offset + size < datagram.length }
    const header = { source: from.address, destination: to.address, protocol: PROTOCOL_UDP, id, fragment }
    return encodeIp(header, datagram.subarray(offset, offset + size))
  })
}

/** What arrives of one datagram, whole or in fragments. */
export interface Reassembled {
  /** From the UDP header on. */
  readonly datagram: Uint8Array
  readonly first: Arrived
  /** Offsets of the fragments in bytes, as they came; [0] for a whole packet. */
  readonly offsets: readonly number[]
}

/** Waits for UDP content of a length, and puts its fragments together; undefined when something is missing. */
export async function reassemble(station: Station, length: number, within = 300): Promise<Reassembled | undefined> {
  const parts: Arrived[] = []
  for (let bytes = 0; bytes < length + 8; ) {
    const part = await station.receive(({ protocol }) => protocol === PROTOCOL_UDP, within)
    if (part === undefined) return undefined
    parts.push(part)
    bytes += part.payload.length
  }
  return together(parts)
}

function together(parts: readonly Arrived[]): Reassembled | undefined {
  const offsets = parts.map(({ fragment }) => fragment?.offset ?? 0)
  const first = parts[offsets.indexOf(0)]
  if (first === undefined) return undefined
  const end = Math.max(...parts.map(({ payload }, index) => offsets[index]! + payload.length))
  const datagram = new Uint8Array(end)
  for (const [index, { payload }] of parts.entries()) datagram.set(payload, offsets[index]!)
  return { datagram, first, offsets }
}

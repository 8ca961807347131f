import { internetChecksum } from '../../packet/index.ts'
import type { Forged } from './errors.ts'

/** RFC 2113: the router alert option. */
export const routerAlert: Uint8Array = Uint8Array.of(0x94, 4, 0, 0)

/** Bytes that an error with extensions gives its original, at least (RFC 4884 section 4.1). */
const ORIGINAL = 128
/** What {@link sendError}'s original has without them: 20 bytes of IP, 8 of UDP, 10 of content. */
const HAS = 38

/** A time exceeded as MPLS routers send it: the original padded to 128 bytes, then a label (RFC 4884, RFC 4950). */
export const multiPart: Forged = { type: 11, code: 0, rest: (ORIGINAL / 4) << 16, extension: extension() }

function extension(): Uint8Array {
  const padding = ORIGINAL - HAS
  const bytes = new Uint8Array(padding + 12)
  const view = new DataView(bytes.buffer, padding)
  view.setUint8(0, 2 << 4) // version 2
  view.setUint16(4, 8) // length of the object
  view.setUint8(6, 1) // class 1, MPLS label stack
  view.setUint8(7, 1)
  view.setUint32(8, (1234 << 12) | (1 << 8) | 1) // label 1234, bottom of stack, TTL 1
  view.setUint16(2, internetChecksum(bytes.subarray(padding)))
  return bytes
}

import { crc32 } from 'node:zlib'
import { HEADER_LENGTH } from './header.ts'
import { append, type Message, type Seal, setLength } from './message.ts'
import { FINGERPRINT } from './protective.ts'

/** FINGERPRINT (RFC 8489 section 14.7) tells STUN from what else comes to a port. */

const XOR = 0x5354554e // "STUN", so that it is no CRC of another protocol

/** Appends it; the last seal of a message. */
export const fingerprint: Seal = (message) => append(message, FINGERPRINT, 4, checksum)

/** Whether the message has one that is right; `absent` when it has none. */
export function checkFingerprint(message: Message): 'right' | 'wrong' | 'absent' {
  const place = message.places.find(({ type }) => type === FINGERPRINT)
  if (place === undefined) return 'absent'
  if (place.length !== 4) return 'wrong'
  const covered = Uint8Array.from(message.bytes.subarray(0, place.at))
  setLength(covered, place.at + 8 - HEADER_LENGTH)
  const wanted = checksum(covered)
  return message.value(place).every((byte, index) => byte === wanted[index]) ? 'right' : 'wrong'
}

function checksum(message: Uint8Array): Uint8Array {
  const out = new Uint8Array(4)
  new DataView(out.buffer).setUint32(0, (crc32(message) ^ XOR) >>> 0)
  return out
}

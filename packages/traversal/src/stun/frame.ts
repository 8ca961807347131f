import { HEADER_LENGTH, MAGIC_COOKIE } from './header.ts'

/** What a stream carries: STUN messages, and between them ChannelData of TURN (RFC 8656 section 12.5). */

/** The longest message, which is longer than ChannelData with its padding: lengths are multiples of four. Bytes. */
export const LONGEST_FRAME: number = 65_532 + HEADER_LENGTH

/** For what begins no message. */
export const NO_FRAME = -1

/**
 * The length of the message or ChannelData that begins at `at`, without padding, from its first four bytes, and eight if
 * so many of `available` are there. {@link NO_FRAME} for what begins none.
 */
export function frameLength(view: DataView, at: number, available: number): number {
  const kind = view.getUint8(at)
  const length = view.getUint16(at + 2)
  if (kind >= 0x40 && kind < 0x80) return 4 + length
  if (kind >= 0x40 || length % 4 !== 0) return NO_FRAME
  if (available >= 8 && view.getUint32(at + 4) !== MAGIC_COOKIE) return NO_FRAME
  return HEADER_LENGTH + length
}

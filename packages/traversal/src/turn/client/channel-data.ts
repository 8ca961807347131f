/** ChannelData (RFC 8656 section 12.4): four bytes and the data. */

export interface ChannelData {
  readonly channel: number
  readonly data: Uint8Array
}

/** Whether a datagram is ChannelData by its first byte; 0x50 to 0x7F were channels of RFC 5766. */
export function looksLikeChannelData(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && bytes[0]! >= 0x40 && bytes[0]! < 0x80
}

/** Undefined when it is shorter than it says. What follows the data is padding. */
export function decodeChannelData(bytes: Uint8Array): ChannelData | undefined {
  const length = bytes[2]! * 256 + bytes[3]!
  if (bytes.length < 4 + length) return undefined
  return { channel: bytes[0]! * 256 + bytes[1]!, data: bytes.subarray(4, 4 + length) }
}

/** @param padded on a stream it ends at a multiple of four (section 12.5) */
export function encodeChannelData({ channel, data }: ChannelData, padded: boolean): Uint8Array {
  const length = 4 + data.length
  const out = new Uint8Array(padded ? (length + 3) & ~3 : length)
  out[0] = channel >> 8
  out[1] = channel
  out[2] = data.length >> 8
  out[3] = data.length
  out.set(data, 4)
  return out
}

import { HEADER_LENGTH, MAGIC_COOKIE } from '../stun/index.ts'

/**
 * Binding without the detour by a message: a request without attributes is answered in place, byte by byte (RFC 8489
 * section 7.3.1). It is most of what a STUN server does.
 */

const BINDING_SUCCESS = 0x0101
const XOR_MAPPED_ADDRESS = 0x0020

/** A binding request that has nothing but its header? */
export function isBareBinding(bytes: Uint8Array, at: number, length: number): boolean {
  return (
    length === HEADER_LENGTH &&
    bytes[at] === 0 &&
    bytes[at + 1] === 1 &&
    bytes[at + 2] === 0 &&
    bytes[at + 3] === 0 &&
    bytes[at + 4] === 0x21 &&
    bytes[at + 5] === 0x12 &&
    bytes[at + 6] === 0xa4 &&
    bytes[at + 7] === 0x42
  )
}

/**
 * Turns a request into its answer, where it lies; returns the length. The slot has room behind the request. The sender
 * is the `sockaddr` at `from`.
 */
export function answerBinding(view: DataView, bytes: Uint8Array, at: number, from: number, ipv4: boolean): number {
  const size = ipv4 ? 4 : 16
  view.setUint16(at, BINDING_SUCCESS)
  view.setUint16(at + 2, 8 + size)
  const attribute = at + HEADER_LENGTH
  view.setUint16(attribute, XOR_MAPPED_ADDRESS)
  view.setUint16(attribute + 2, 4 + size)
  view.setUint16(attribute + 4, ipv4 ? 1 : 2)
  view.setUint16(attribute + 6, view.getUint16(from + 2) ^ (MAGIC_COOKIE >>> 16))
  const address = from + (ipv4 ? 4 : 8)
  // The cookie and the transaction ID lie behind each other in the header: the mask of the address.
  for (let index = 0; index < size; index += 1)
    bytes[attribute + 8 + index] = bytes[address + index]! ^ bytes[at + 4 + index]!
  return HEADER_LENGTH + 8 + size
}

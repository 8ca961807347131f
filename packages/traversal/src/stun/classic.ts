import { type Attached, type Attribute, attribute } from './attribute.ts'
import { HEADER_LENGTH, looksLikeStun } from './header.ts'
import { type Endpoint, plainAddress } from './values.ts'

/**
 * Messages as they were before the magic cookie (RFC 3489, 2003): a transaction ID of 16 bytes, values without padding.
 * Old programs still send them.
 */

/** RFC 3489 section 11.1. */
export const classicTypes = { bindingRequest: 0x0001, bindingResponse: 0x0101, bindingError: 0x0111 } as const

/** Where the answer was sent from (RFC 3489 section 11.2.5). */
export const sourceAddress: Attribute<Endpoint> = attribute(0x0004, 'SOURCE-ADDRESS', plainAddress)

/** Where it would come from if address and port were changed (RFC 3489 section 11.2.3). */
export const changedAddress: Attribute<Endpoint> = attribute(0x0005, 'CHANGED-ADDRESS', plainAddress)

export interface ClassicMessage {
  readonly type: number
  /** 16 bytes. */
  readonly transaction: Uint8Array
  readonly attributes: readonly { readonly type: number; readonly value: Uint8Array }[]
}

/** Undefined for what is none: lengths that do not fit, or a message with the cookie. */
export function decodeClassic(bytes: Uint8Array): ClassicMessage | undefined {
  if (bytes.length < HEADER_LENGTH || bytes[0]! >= 0x40 || looksLikeStun(bytes)) return undefined
  if (bytes.length !== HEADER_LENGTH + word(bytes, 2)) return undefined
  const attributes = []
  let at = HEADER_LENGTH
  while (at < bytes.length) {
    if (at + 4 > bytes.length) return undefined
    const end = at + 4 + word(bytes, at + 2)
    if (end > bytes.length) return undefined
    attributes.push({ type: word(bytes, at), value: bytes.subarray(at + 4, end) })
    at = end
  }
  return { type: word(bytes, 0), transaction: bytes.subarray(4, HEADER_LENGTH), attributes }
}

/** @param transaction 16 bytes */
export function encodeClassic(type: number, transaction: Uint8Array, attributes: readonly Attached[]): Uint8Array {
  const values = attributes.map((each) => each.write(transaction))
  const message = new Uint8Array(HEADER_LENGTH + values.reduce((sum, value) => sum + 4 + value.length, 0))
  const view = new DataView(message.buffer)
  view.setUint16(0, type)
  view.setUint16(2, message.length - HEADER_LENGTH)
  message.set(transaction, 4)
  let at = HEADER_LENGTH
  for (const [index, value] of values.entries()) {
    view.setUint16(at, attributes[index]!.type)
    view.setUint16(at + 2, value.length)
    message.set(value, at + 4)
    at += 4 + value.length
  }
  return message
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! * 256 + bytes[at + 1]!
}

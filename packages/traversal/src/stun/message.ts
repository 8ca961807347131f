import { type Attached, type Attribute, isComprehensionOptional } from './attribute.ts'
import {
  decodeType,
  encodeType,
  HEADER_LENGTH,
  type Header,
  looksLikeStun,
  MAGIC_COOKIE,
  type MessageClass,
} from './header.ts'
import { FINGERPRINT, MESSAGE_INTEGRITY, MESSAGE_INTEGRITY_SHA256 } from './protective.ts'

/** Where an attribute's value lies in its message. */
export interface Place {
  readonly type: number
  /** Of the attribute's header. */
  readonly at: number
  /** Bytes of the value, without padding. */
  readonly length: number
}

/** Behind one of them, only those further on count (RFC 8489 section 9). */
const protective = [MESSAGE_INTEGRITY, MESSAGE_INTEGRITY_SHA256, FINGERPRINT]

/** A message as it came: bytes with the places of its attributes, whose values are read when they are asked for. */
export class Message implements Header {
  readonly bytes: Uint8Array
  readonly class: MessageClass
  readonly method: number
  readonly transaction: Uint8Array
  /** Those that count: nothing behind an integrity attribute does, save stronger protective ones (RFC 8489 section 9). */
  readonly places: readonly Place[]

  /** @param bytes well-formed already: see {@link decodeMessage} */
  constructor(bytes: Uint8Array, places: readonly Place[]) {
    const { class: kind, method } = decodeType(bytes[0]! * 256 + bytes[1]!)
    this.bytes = bytes
    this.class = kind
    this.method = method
    this.transaction = bytes.subarray(8, HEADER_LENGTH)
    this.places = places
  }

  has({ type }: Pick<Attribute<unknown>, 'type'>): boolean {
    return this.places.some((place) => place.type === type)
  }

  /** Of the first one of that type (RFC 8489 section 14); undefined when it is absent or no such value. */
  get<T>(attribute: Attribute<T>): T | undefined {
    const place = this.places.find(({ type }) => type === attribute.type)
    return place && attribute.decode(this.value(place), this.transaction)
  }

  /** Of all of that type, in order; undefined when one of them is no such value. */
  all<T>(attribute: Attribute<T>): T[] | undefined {
    const values: T[] = []
    for (const place of this.places) {
      if (place.type !== attribute.type) continue
      const value = attribute.decode(this.value(place), this.transaction)
      if (value === undefined) return undefined
      values.push(value)
    }
    return values
  }

  value({ at, length }: Place): Uint8Array {
    return this.bytes.subarray(at + 4, at + 4 + length)
  }

  /** Types that have to be understood and are not: what a 420 answers (RFC 8489 section 6.3.1). */
  unknown(known: ReadonlySet<number>): number[] {
    const types = this.places.map(({ type }) => type)
    return [...new Set(types.filter((type) => !isComprehensionOptional(type) && !known.has(type)))]
  }
}

/**
 * A message from a datagram, or from a stream that was cut into messages. Undefined for what is no STUN, or where
 * lengths do not fit: such a datagram is dropped without a word.
 */
export function decodeMessage(bytes: Uint8Array): Message | undefined {
  if (!looksLikeStun(bytes)) return undefined
  const length = bytes[2]! * 256 + bytes[3]!
  if (length % 4 !== 0 || bytes.length !== HEADER_LENGTH + length) return undefined
  const places = placesOf(bytes)
  return places && new Message(bytes, places)
}

function placesOf(bytes: Uint8Array): Place[] | undefined {
  const places: Place[] = []
  let seal = -1
  let at = HEADER_LENGTH
  while (at < bytes.length) {
    const type = bytes[at]! * 256 + bytes[at + 1]!
    const length = bytes[at + 2]! * 256 + bytes[at + 3]!
    const next = at + 4 + padded(length)
    if (next > bytes.length) return undefined
    const rank = protective.indexOf(type)
    if (seal === -1 || rank > seal) places.push({ type, at, length })
    seal = Math.max(seal, rank)
    if (type === FINGERPRINT && next !== bytes.length) return undefined // it comes last (RFC 8489 section 14.7)
    at = next
  }
  return places
}

export function padded(length: number): number {
  return (length + 3) & ~3
}

/** Adds something to a message that depends on all that stands before it, with the length that the header has then. */
export type Seal = (message: Uint8Array) => Uint8Array

/**
 * A message with its attributes in that order, and the seals behind them in theirs: integrity, then fingerprint.
 * Throws RangeError when it is longer than the header can say.
 */
export function encodeMessage(
  header: Header,
  attributes: readonly Attached[],
  seals: readonly Seal[] = [],
): Uint8Array {
  const values = attributes.map((each) => each.write(header.transaction))
  const length = values.reduce((sum, value) => sum + 4 + padded(value.length), 0)
  const message = new Uint8Array(HEADER_LENGTH + length)
  const view = new DataView(message.buffer)
  view.setUint16(0, encodeType(header))
  setLength(message, length)
  view.setUint32(4, MAGIC_COOKIE)
  message.set(header.transaction, 8)
  let at = HEADER_LENGTH
  for (const [index, value] of values.entries()) {
    view.setUint16(at, attributes[index]!.type)
    view.setUint16(at + 2, value.length)
    message.set(value, at + 4)
    at += 4 + padded(value.length)
  }
  return seals.reduce<Uint8Array>((sealed, seal) => seal(sealed), message)
}

/** Appends an attribute to an encoded message; `value` sees the message with the length that it has afterwards. */
export function append(
  message: Uint8Array,
  type: number,
  size: number,
  value: (m: Uint8Array) => Uint8Array,
): Uint8Array {
  const longer = new Uint8Array(message.length + 4 + padded(size))
  longer.set(message)
  setLength(longer, longer.length - HEADER_LENGTH)
  const view = new DataView(longer.buffer)
  view.setUint16(message.length, type)
  view.setUint16(message.length + 2, size)
  longer.set(value(longer.subarray(0, message.length)), message.length + 4)
  return longer
}

/** Writes the length of what follows the header. */
export function setLength(message: Uint8Array, length: number): void {
  if (length > 0xffff) throw new RangeError(`${length} bytes of attributes are more than a STUN message holds`)
  message[2] = length >> 8
  message[3] = length
}

import { timingSafeEqual } from 'node:crypto'
import { HEADER_LENGTH } from './header.ts'
import { Hmac } from './hmac.ts'
import { append, type Message, type Place, type Seal, setLength } from './message.ts'
import { MESSAGE_INTEGRITY, MESSAGE_INTEGRITY_SHA256 } from './protective.ts'

/** Of MESSAGE-INTEGRITY and MESSAGE-INTEGRITY-SHA256 (RFC 8489 sections 14.5, 14.6): who knows the key wrote this. */
export type IntegrityAlgorithm = 'sha1' | 'sha256'

const numbers = { sha1: MESSAGE_INTEGRITY, sha256: MESSAGE_INTEGRITY_SHA256 } as const
const sizes = { sha1: 20, sha256: 32 } as const

/** Appends it; behind all attributes but FINGERPRINT. */
export function integrity(key: Uint8Array, algorithm: IntegrityAlgorithm = 'sha1'): Seal {
  return (message) => append(message, numbers[algorithm], sizes[algorithm], (covered) => hmac(algorithm, key, covered))
}

export function hasIntegrity(message: Message, algorithm: IntegrityAlgorithm): boolean {
  return placeOf(message, algorithm) !== undefined
}

/**
 * Whether the message was sealed with that key. The comparison takes the same time whatever is different.
 * @param shortest bytes that SHA-256 may be cut to, a multiple of four from 16 on: only where a usage allows it, which
 * TURN does not (section 14.6); default: 32, the whole
 */
export function checkIntegrity(
  message: Message,
  key: Uint8Array,
  algorithm: IntegrityAlgorithm,
  shortest: number = sizes.sha256,
): boolean {
  const place = placeOf(message, algorithm)
  if (place === undefined || !isSize(place.length, algorithm, shortest)) return false
  const covered = Uint8Array.from(message.bytes.subarray(0, place.at))
  setLength(covered, place.at + 4 + place.length - HEADER_LENGTH)
  const wanted = hmac(algorithm, key, covered).subarray(0, place.length)
  return timingSafeEqual(wanted, message.value(place))
}

function isSize(length: number, algorithm: IntegrityAlgorithm, shortest: number): boolean {
  if (algorithm === 'sha1') return length === sizes.sha1
  return length >= Math.max(16, shortest) && length <= sizes.sha256 && length % 4 === 0
}

function placeOf(message: Message, algorithm: IntegrityAlgorithm): Place | undefined {
  return message.places.find(({ type }) => type === numbers[algorithm])
}

function hmac(algorithm: IntegrityAlgorithm, key: Uint8Array, bytes: Uint8Array): Uint8Array {
  let known = prepared[algorithm].get(key)
  if (known === undefined) {
    known = new Hmac(algorithm, key)
    prepared[algorithm].set(key, known)
  }
  return known.digest(bytes)
}

/** Of keys that are used again and again, which those of users are. */
const prepared = { sha1: new WeakMap<Uint8Array, Hmac>(), sha256: new WeakMap<Uint8Array, Hmac>() } as const

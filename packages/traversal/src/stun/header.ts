/** The header of every message (RFC 8489 section 5). */

export const MAGIC_COOKIE = 0x2112a442
export const HEADER_LENGTH = 20

/** A request that is answered by a success or an error, or an indication that is not answered. */
export type MessageClass = 'request' | 'indication' | 'success' | 'error'

/** C1 and C0 of the message type. */
const classes: readonly MessageClass[] = ['request', 'indication', 'success', 'error']

/** IANA's registry of STUN methods, as far as this package speaks them. */
export const methods = {
  binding: 0x001, // RFC 8489
  allocate: 0x003, // RFC 8656
  refresh: 0x004,
  send: 0x006,
  data: 0x007,
  createPermission: 0x008,
  channelBind: 0x009,
  connect: 0x00a, // RFC 6062
  connectionBind: 0x00b,
  connectionAttempt: 0x00c,
} as const
export type Method = keyof typeof methods

export interface Header {
  readonly class: MessageClass
  /** 12 bits; {@link methods} names those that are known. */
  readonly method: number
  /** 12 bytes. */
  readonly transaction: Uint8Array
}

/** Class and method share 14 bits (figure 3): M11-M7, C1, M6-M4, C0, M3-M0. */
export function encodeType({ class: kind, method }: Pick<Header, 'class' | 'method'>): number {
  const bits = classes.indexOf(kind)
  const spread = (method & 0x00f) | ((method & 0x070) << 1) | ((method & 0xf80) << 2)
  return spread | ((bits & 1) << 4) | ((bits & 2) << 7)
}

export function decodeType(type: number): Pick<Header, 'class' | 'method'> {
  const bits = ((type >> 4) & 1) | ((type >> 7) & 2)
  const method = (type & 0x00f) | ((type >> 1) & 0x070) | ((type >> 2) & 0xf80)
  return { class: classes[bits]!, method }
}

/** Whether a datagram can be STUN at all: two zero bits, and the cookie (RFC 8489 section 6.3). */
export function looksLikeStun(bytes: Uint8Array): boolean {
  return bytes.length >= HEADER_LENGTH && bytes[0]! < 0x40 && cookieOf(bytes) === MAGIC_COOKIE
}

function cookieOf(bytes: Uint8Array): number {
  return ((bytes[4]! << 24) | (bytes[5]! << 16) | (bytes[6]! << 8) | bytes[7]!) >>> 0
}

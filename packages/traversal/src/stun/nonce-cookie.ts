/** The cookie that nonces of RFC 8489 begin with (section 9.2): what the server can do, in a place that is sealed. */

const COOKIE = 'obMatJos2'

/** Bits of the security feature set, from the first one sent (section 18.1). */
export interface SecurityFeatures {
  /** Bit 0: the server takes PASSWORD-ALGORITHM. */
  readonly passwordAlgorithms: boolean
  /** Bit 1: the server takes USERHASH. */
  readonly userAnonymity: boolean
}

/** The start of a nonce of a server with such features: 13 characters. */
export function nonceCookie({ passwordAlgorithms, userAnonymity }: SecurityFeatures): string {
  const bits = Uint8Array.of((passwordAlgorithms ? 0x80 : 0) | (userAnonymity ? 0x40 : 0), 0, 0)
  return COOKIE + Buffer.from(bits).toString('base64')
}

/** What a nonce says of its server; undefined when it does not begin with the cookie. */
export function featuresOf(nonce: string): SecurityFeatures | undefined {
  if (!nonce.startsWith(COOKIE) || nonce.length < COOKIE.length + 4) return undefined
  const text = nonce.slice(COOKIE.length, COOKIE.length + 4)
  if (!/^[A-Za-z\d+/]{4}$/.test(text)) return undefined
  const bits = Buffer.from(text, 'base64')
  return { passwordAlgorithms: (bits[0]! & 0x80) !== 0, userAnonymity: (bits[0]! & 0x40) !== 0 }
}

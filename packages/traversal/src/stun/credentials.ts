import { createHash } from 'node:crypto'

/** Keys of the integrity attributes, from what people know (RFC 8489 section 9). */

export type KeyAlgorithm = 'md5' | 'sha256'

/** Who somebody is to a server, and how it knows. */
export interface LongTerm {
  readonly username: string
  readonly realm: string
  readonly password: string
}

/** The short-term mechanism: the password itself (section 9.1.1). Throws RangeError for one that is not allowed. */
export function shortTermKey(password: string): Uint8Array {
  return new TextEncoder().encode(opaqueString(password))
}

/** The long-term mechanism (section 9.2.2): a hash over all three. Throws RangeError for what is not allowed. */
export function longTermKey({ username, realm, password }: LongTerm, algorithm: KeyAlgorithm): Uint8Array {
  const text = `${username}:${opaqueString(realm)}:${opaqueString(password)}`
  return createHash(algorithm).update(text, 'utf8').digest()
}

/** USERHASH (section 14.4). */
export function userHash({ username, realm }: Omit<LongTerm, 'password'>): Uint8Array {
  return createHash('sha256')
    .update(`${opaqueString(username)}:${opaqueString(realm)}`, 'utf8')
    .digest()
}

/**
 * PRECIS' OpaqueString (RFC 8265 section 4.2): any space is the ASCII one, characters are composed (NFC), and control
 * characters are not allowed. Throws RangeError for those and for nothing at all.
 */
export function opaqueString(text: string): string {
  const prepared = text.replaceAll(/\p{Zs}/gu, ' ').normalize('NFC')
  if (prepared === '') throw new RangeError('an empty text is no password, name or realm (RFC 8265)')
  if (/\p{Cc}/u.test(prepared)) throw new RangeError('control characters are in no password, name or realm (RFC 8265)')
  return prepared
}

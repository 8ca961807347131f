import type { Attached } from './attribute.ts'
import { username } from './attributes/index.ts'
import { shortTermKey } from './credentials.ts'
import { failure } from './errors.ts'
import { checkIntegrity, hasIntegrity, type IntegrityAlgorithm } from './integrity.ts'
import type { Message } from './message.ts'

/** What the short-term mechanism says of a message. */
export type ShortTermVerdict =
  | {
      readonly ok: true
      readonly username: string
      /** What the answer is to be sealed with. */
      readonly key: Uint8Array
      readonly algorithm: IntegrityAlgorithm
    }
  /** A request is answered with these, without integrity; an indication is dropped. */
  | { readonly ok: false; readonly code: 400 | 401; readonly attributes: readonly Attached[] }

/**
 * The receiver's side of the short-term mechanism (RFC 8489 section 9.1.3), for usages whose two sides have told each
 * other a name and a password by other means, such as ICE.
 * @param passwordOf undefined for a name that is not good, or no longer; throws RangeError for a password that is none
 */
export function checkShortTerm(
  message: Message,
  passwordOf: (username: string) => string | undefined,
): ShortTermVerdict {
  const algorithm = hasIntegrity(message, 'sha256') ? 'sha256' : 'sha1'
  if (!hasIntegrity(message, algorithm) || !message.has(username)) return refused(400)
  const name = message.get(username)
  const password = name === undefined ? undefined : passwordOf(name)
  if (name === undefined || password === undefined) return refused(401)
  const key = shortTermKey(password)
  return checkIntegrity(message, key, algorithm) ? { ok: true, username: name, key, algorithm } : refused(401)
}

function refused(code: 400 | 401): ShortTermVerdict {
  return { ok: false, code, attributes: [failure(code)] }
}

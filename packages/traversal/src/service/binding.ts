import type { AnswerCells } from '../datapath/index.ts'
import {
  checkFingerprint,
  encodeMessage,
  FINGERPRINT,
  failure,
  fingerprint,
  MESSAGE_INTEGRITY,
  MESSAGE_INTEGRITY_SHA256,
  type Message,
  methods,
  unknownAttributes,
  xorMappedAddress,
} from '../stun/index.ts'
import type { Client } from '../turn/server/index.ts'

/** Credentials are let through unread: a server that is open to all asks for none. */
const known: ReadonlySet<number> = new Set([MESSAGE_INTEGRITY, MESSAGE_INTEGRITY_SHA256, FINGERPRINT, 0x0006, 0x0020])

/**
 * The answer of a server that tells addresses and nothing else (RFC 8489 section 12); undefined for what gets none. An
 * attribute that it cannot obey, such as CHANGE-REQUEST, is refused and not passed over.
 */
export function answerBinding(message: Message, { remote }: Client, answers: AnswerCells): Uint8Array | undefined {
  if (message.class !== 'request' || checkFingerprint(message) === 'wrong') return undefined
  const unknown = message.unknown(known)
  const code = unknown.length > 0 ? 420 : message.method === methods.binding ? 0 : 400
  answers.add(message.method, code)
  const header = { class: code === 0 ? 'success' : 'error', method: message.method, transaction: message.transaction }
  const attributes = code === 0 ? [xorMappedAddress.of(remote)] : [failure(code)]
  const more = code === 420 ? [unknownAttributes.of(unknown)] : []
  const seals = checkFingerprint(message) === 'right' ? [fingerprint] : []
  return encodeMessage({ ...header, class: code === 0 ? 'success' : 'error' }, [...attributes, ...more], seals)
}

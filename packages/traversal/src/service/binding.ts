import type { AnswerCells } from '../datapath/index.ts'
import {
  checkFingerprint,
  encodeMessage,
  failure,
  fingerprint,
  type Message,
  methods,
  unknownAttributes,
  unreadAttributes,
  xorMappedAddress,
} from '../stun/index.ts'
import type { Client } from '../turn/server/index.ts'

const known: ReadonlySet<number> = new Set(unreadAttributes)

/**
 * The answer of a server that tells addresses and nothing else (RFC 8489 section 12); undefined for what gets none. An
 * attribute that it cannot obey, such as CHANGE-REQUEST, is refused and not passed over.
 */
export function answerBinding(message: Message, { remote }: Client, answers: AnswerCells): Uint8Array | undefined {
  if (message.class !== 'request' || message.method !== methods.binding) return undefined
  const sealed = checkFingerprint(message)
  if (sealed === 'wrong') return undefined
  const unknown = message.unknown(known)
  const refused = unknown.length > 0
  answers.add(message.method, refused ? 420 : 0)
  const attributes = refused ? [failure(420), unknownAttributes.of(unknown)] : [xorMappedAddress.of(remote)]
  const header = {
    class: refused ? 'error' : 'success',
    method: message.method,
    transaction: message.transaction,
  } as const
  return encodeMessage(header, attributes, sealed === 'right' ? [fingerprint] : [])
}

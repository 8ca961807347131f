import {
  type Attached,
  checkFingerprint,
  encodeMessage,
  fingerprint,
  type IntegrityAlgorithm,
  integrity,
  type Message,
  type Seal,
  software,
} from '../../stun/index.ts'

/** What an answer is sealed with when its request was. */
export interface Sealing {
  readonly key: Uint8Array
  readonly algorithm: IntegrityAlgorithm
}

/** The answer to a request: with integrity if the request was authenticated, with a fingerprint if it has one. */
export function reply(
  to: Message,
  kind: 'success' | 'error',
  attributes: readonly Attached[],
  { sealing, name }: { readonly sealing?: Sealing | undefined; readonly name?: string | undefined } = {},
): Uint8Array {
  const header = { class: kind, method: to.method, transaction: to.transaction } as const
  const all = name === undefined ? attributes : [...attributes, software.of(name)]
  const seals: Seal[] = sealing === undefined ? [] : [integrity(sealing.key, sealing.algorithm)]
  return encodeMessage(header, all, checkFingerprint(to) === 'right' ? [...seals, fingerprint] : seals)
}

import { type Attribute, attribute } from '../attribute.ts'

/** How a key is made of a password (RFC 8489 section 18.5). */
export interface PasswordAlgorithm {
  /** 1: MD5, 2: SHA-256; others as they came. */
  readonly number: number
  readonly parameters: Uint8Array
}

export const MD5: PasswordAlgorithm = { number: 1, parameters: new Uint8Array() }
export const SHA256: PasswordAlgorithm = { number: 2, parameters: new Uint8Array() }

/** What a server takes, in the order in which it likes them (RFC 8489 section 14.11). */
export const passwordAlgorithms: Attribute<readonly PasswordAlgorithm[]> = attribute(0x8002, 'PASSWORD-ALGORITHMS', {
  encode: (list) => Uint8Array.from(list.flatMap((each) => [...encode(each)])),
  decode: (bytes) => decodeList(bytes),
})

/** What the client took (RFC 8489 section 14.12). */
export const passwordAlgorithm: Attribute<PasswordAlgorithm> = attribute(0x001d, 'PASSWORD-ALGORITHM', {
  encode,
  decode: (bytes) => {
    const list = decodeList(bytes)
    return list?.length === 1 ? list[0] : undefined
  },
})

function encode({ number, parameters }: PasswordAlgorithm): Uint8Array {
  const out = new Uint8Array(4 + ((parameters.length + 3) & ~3))
  const view = new DataView(out.buffer)
  view.setUint16(0, number)
  view.setUint16(2, parameters.length)
  out.set(parameters, 4)
  return out
}

function decodeList(bytes: Uint8Array): PasswordAlgorithm[] | undefined {
  const list: PasswordAlgorithm[] = []
  for (let at = 0; at < bytes.length; ) {
    if (at + 4 > bytes.length) return undefined
    const length = bytes[at + 2]! * 256 + bytes[at + 3]!
    if (at + 4 + length > bytes.length) return undefined
    list.push({ number: bytes[at]! * 256 + bytes[at + 1]!, parameters: bytes.subarray(at + 4, at + 4 + length) })
    at += 4 + ((length + 3) & ~3)
  }
  return list
}

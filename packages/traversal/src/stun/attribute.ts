/** An attribute of STUN (RFC 8489 section 14): its number, its name in IANA's registry, and how a value is written. */
export interface Attribute<T> {
  readonly type: number
  /** As IANA spells it: 'XOR-MAPPED-ADDRESS'. */
  readonly name: string
  /** Without header and padding. Throws RangeError for a value that the attribute cannot hold. */
  encode(value: T, transaction: Uint8Array): Uint8Array
  /** Undefined when the bytes are no such value. */
  decode(bytes: Uint8Array, transaction: Uint8Array): T | undefined
  /** The attribute with its value, to be put into a message. */
  of(value: T): Attached
}

/** An attribute with its value. */
export interface Attached {
  readonly type: number
  readonly name: string
  write(transaction: Uint8Array): Uint8Array
}

type Definition<T> = Pick<Attribute<T>, 'encode' | 'decode'>

export function attribute<T>(type: number, name: string, { encode, decode }: Definition<T>): Attribute<T> {
  return {
    type,
    name,
    encode,
    decode,
    of: (value) => ({ type, name, write: (transaction) => encode(value, transaction) }),
  }
}

/** Types from 0x8000 on may be ignored by who does not know them (RFC 8489 section 14). */
export function isComprehensionOptional(type: number): boolean {
  return type >= 0x8000
}

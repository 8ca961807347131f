import { EINVAL, Malformed, parseAttributes, text, u32be, u64be } from '@sallyport/linux'
import { ERANGE } from './errno.ts'
import { Refusal } from './refusal.ts'

/** One attribute of a message, and where it begins in bytes from the start of the message's header. */
export interface Located {
  readonly type: number
  readonly bytes: Uint8Array
  readonly offset: number
}

const NLA_HDRLEN = 4

/** The attributes in `bytes`, which lie `offset` bytes behind the start of the message's header. */
export function listAttributes(bytes: Uint8Array, offset: number): Located[] {
  try {
    return Array.from(parseAttributes(bytes), (each) => ({
      type: each.type,
      bytes: each.bytes,
      offset: offset + each.offset,
    }))
  } catch (error) {
    throw error instanceof Malformed ? new Refusal(EINVAL) : error
  }
}

/** A list of attributes by their types: of several of a type the last one counts, as in nla_parse(). */
export class Attributes {
  readonly #byType: Map<number, Located>

  constructor(bytes: Uint8Array, offset: number) {
    this.#byType = new Map(listAttributes(bytes, offset).map((each) => [each.type, each]))
  }

  [Symbol.iterator](): MapIterator<Located> {
    return this.#byType.values()
  }

  has(type: number): boolean {
    return this.#byType.has(type)
  }

  at(type: number): Located | undefined {
    return this.#byType.get(type)
  }

  /** The bytes, to be kept. */
  bytes(type: number): Uint8Array | undefined {
    const found = this.at(type)
    return found && Uint8Array.from(found.bytes)
  }

  text(type: number): string | undefined {
    const found = this.at(type)
    return found && text.read(found.bytes)
  }

  u32(type: number): number | undefined {
    const found = this.at(type)
    return found && sized(found, 4, u32be.read)
  }

  i32(type: number): number | undefined {
    const value = this.u32(type)
    return value === undefined ? undefined : value | 0
  }

  u64(type: number): bigint | undefined {
    const found = this.at(type)
    return found && sized(found, 8, u64be.read)
  }

  nest(type: number): Attributes | undefined {
    const found = this.at(type)
    return found && inside(found)
  }

  /** The attributes of a list, in order. */
  list(type: number): Located[] | undefined {
    const found = this.at(type)
    return found && listAttributes(found.bytes, found.offset + NLA_HDRLEN)
  }

  /** A refusal that points at an attribute, if it is there. */
  refusal(errno: number, type: number): Refusal {
    return new Refusal(errno, this.at(type)?.offset)
  }
}

/** The attributes inside one. */
export function inside(attribute: Located): Attributes {
  return new Attributes(attribute.bytes, attribute.offset + NLA_HDRLEN)
}

function sized<T>({ bytes }: Located, size: number, read: (bytes: Uint8Array) => T): T {
  if (bytes.length < size) throw new Refusal(ERANGE)
  return read(bytes)
}

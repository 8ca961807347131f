import { type Field, Malformed } from './field.ts'
import { littleEndian, Writer } from './writer.ts'

/** NLA_F_NESTED: set on attributes that hold attributes; nf_tables wants it, rtnetlink tolerates both. */
export const NLA_F_NESTED = 0x8000
/** NLA_F_NET_BYTEORDER: set on integers that are big-endian, by ipset and few others; most kernel code ignores it. */
export const NLA_F_NET_BYTEORDER = 0x4000
const NLA_TYPE_MASK = 0x3fff // ~(NLA_F_NESTED | NLA_F_NET_BYTEORDER)
const NLA_HDRLEN = 4

/** One attribute wherever it stands: its type without the flag bits, the flags, its content. */
export interface LooseAttribute {
  readonly type: number
  readonly nested: boolean
  /** NLA_F_NET_BYTEORDER; left out when not set. */
  readonly networkOrder?: true
  readonly bytes: Uint8Array
}

/** One attribute as found: also the offset of its header in the whole. */
export interface Attribute extends LooseAttribute {
  readonly offset: number
}

/** Attributes that the table of a codec doesn't name: kept on reading, written back as they were, behind the others. */
export const unknown: unique symbol = Symbol('unknown attributes')
export interface Unknown {
  [unknown]?: readonly LooseAttribute[]
}

/** Both directions of a whole attribute list; also a {@link Field}, so that lists nest. */
export interface Codec<T> extends Field<T> {
  readonly name: string
  encode(value: T): Uint8Array
  decode(bytes: Uint8Array): T
  pathAt(bytes: Uint8Array, offset: number): string[]
  /** The attribute types under the kernel's names, as far as the table tells them: compared with the uapi headers. */
  readonly macros?: Readonly<Record<string, number>>
}

/** One row of a table: attribute type, field, and for errors the kernel's name of it. */
export type Row<T> = readonly [type: number, field: Field<T>, macro?: string]

/** A row for every property: a property that is forgotten doesn't compile. */
export type Table<T> = { readonly [K in Exclude<keyof T, symbol>]-?: Row<Exclude<T[K], undefined>> }

/** Splits a buffer into attributes; throws {@link Malformed} when lengths do not add up. */
export function* parseAttributes(bytes: Uint8Array): Generator<Attribute> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  while (at + NLA_HDRLEN <= bytes.length) {
    const length = view.getUint16(at, littleEndian)
    const type = view.getUint16(at + 2, littleEndian)
    if (length < NLA_HDRLEN || at + length > bytes.length) {
      throw new Malformed(`attribute ${type & NLA_TYPE_MASK} claims ${length} of ${bytes.length - at} bytes`)
    }
    yield {
      type: type & NLA_TYPE_MASK,
      nested: (type & NLA_F_NESTED) !== 0,
      ...((type & NLA_F_NET_BYTEORDER) !== 0 && { networkOrder: true as const }),
      offset: at,
      bytes: bytes.subarray(at + NLA_HDRLEN, at + length),
    }
    at += (length + 3) & ~3
  }
  if (at < bytes.length) throw new Malformed(`${bytes.length - at} bytes left over after the last attribute`)
}

/** Writes one attribute: header, content, padding. Content over 65,531 bytes does not fit (nla_len is 16 bits). */
export function writeAttribute(out: Writer, type: number, content: (out: Writer) => void): void {
  const start = out.length
  out.u16(0)
  out.u16(type)
  content(out)
  const length = out.length - start
  if (length > 0xffff) {
    throw new RangeError(`attribute ${type & NLA_TYPE_MASK} holds ${length} bytes; nla_len ends at 65535`)
  }
  out.patchU16(start, length)
  out.align(4)
}

interface Entry {
  readonly key: string
  readonly type: number
  readonly field: Field<unknown>
  readonly macro: string
}

/**
 * A codec from one table: property → [attribute type, field]. Properties are written in table order, absent ones
 * are left out; attributes that the table does not name are kept under {@link unknown}.
 */
export function attributes<T extends object>(name: string, table: Table<T>): Codec<T> {
  const entries: Entry[] = Object.entries(table as unknown as Record<string, Row<never>>).map(
    ([key, [type, field, macro]]) => ({ key, type, field: field as Field<unknown>, macro: macro ?? key }),
  )
  const byType = new Map(entries.map((entry) => [entry.type, entry]))

  const write = (out: Writer, value: T): void => {
    const properties = value as Record<string, unknown>
    for (const entry of entries) {
      const property = properties[entry.key]
      if (property === undefined) continue
      const type = entry.field.nested ? entry.type | NLA_F_NESTED : entry.type
      writeAttribute(out, type, (inner) => entry.field.write(inner, property))
    }
    for (const rest of (value as Unknown)[unknown] ?? []) {
      writeAttribute(out, typeAndFlags(rest), (inner) => inner.bytes(rest.bytes))
    }
  }

  const readOne = (value: Record<string, unknown>, entry: Entry, bytes: Uint8Array): void => {
    try {
      value[entry.key] = entry.field.read(bytes)
    } catch (error) {
      throw error instanceof Malformed ? error.inside(entry.key) : error
    }
  }

  const read = (bytes: Uint8Array): T => {
    const value: Record<string, unknown> = {}
    const rest: LooseAttribute[] = []
    for (const attribute of parseAttributes(bytes)) {
      const entry = byType.get(attribute.type)
      if (entry === undefined) rest.push(loose(attribute))
      else readOne(value, entry, attribute.bytes)
    }
    if (rest.length > 0) (value as Unknown)[unknown] = rest
    return value as T
  }

  const pathAt = (bytes: Uint8Array, offset: number): string[] => {
    for (const attribute of parseAttributes(bytes)) {
      const inside = offset - attribute.offset
      if (inside < 0 || inside >= NLA_HDRLEN + attribute.bytes.length) continue
      const entry = byType.get(attribute.type)
      const inner = inside < NLA_HDRLEN ? undefined : entry?.field.pathAt?.(attribute.bytes, inside - NLA_HDRLEN)
      return [entry?.macro ?? `attribute ${attribute.type}`, ...(inner ?? [])]
    }
    return []
  }

  const macros = Object.fromEntries(entries.filter((entry) => entry.macro !== entry.key).map((e) => [e.macro, e.type]))
  return { name, nested: true, macros, write, read, pathAt, encode: (value) => encodeWith(write, value), decode: read }
}

function typeAndFlags({ type, nested, networkOrder }: LooseAttribute): number {
  return type | (nested ? NLA_F_NESTED : 0) | (networkOrder ? NLA_F_NET_BYTEORDER : 0)
}

/** An attribute without its place, and with bytes of its own: a receive buffer can be used again. */
function loose({ offset: _, ...attribute }: Attribute): LooseAttribute {
  return { ...attribute, bytes: Uint8Array.from(attribute.bytes) }
}

function encodeWith<T>(write: (out: Writer, value: T) => void, value: T): Uint8Array {
  const out = new Writer()
  write(out, value)
  return out.finish()
}

/** A list whose every element is an attribute of the same type (NFTA_LIST_ELEM and the like). */
export function listOf<T>(type: number, field: Field<T>): Field<T[]> {
  const elementType = field.nested ? type | NLA_F_NESTED : type
  return {
    nested: true,
    write: (out, values) => {
      for (const value of values) writeAttribute(out, elementType, (inner) => field.write(inner, value))
    },
    read: (bytes) => Array.from(parseAttributes(bytes), (attribute) => field.read(attribute.bytes)),
    pathAt: (bytes, offset) => elementPath(field, bytes, offset),
  }
}

function elementPath<T>(field: Field<T>, bytes: Uint8Array, offset: number): string[] {
  let index = 0
  for (const attribute of parseAttributes(bytes)) {
    const inside = offset - attribute.offset
    if (inside >= 0 && inside < NLA_HDRLEN + attribute.bytes.length) {
      const inner = inside < NLA_HDRLEN ? undefined : field.pathAt?.(attribute.bytes, inside - NLA_HDRLEN)
      return [`[${index}]`, ...(inner ?? [])]
    }
    index += 1
  }
  return []
}

/** A field made of another by a pair of functions, for names instead of numbers and the like. */
export function mapped<A, B>(field: Field<A>, toOuter: (a: A) => B, toInner: (b: B) => A): Field<B> {
  return {
    ...field,
    write: (out, value) => field.write(out, toInner(value)),
    read: (bytes) => toOuter(field.read(bytes)),
  }
}

/** A codec of another shape over the same bytes: like {@link mapped}, for whole attribute lists. */
export function mappedCodec<A, B>(codec: Codec<A>, toOuter: (a: A) => B, toInner: (b: B) => A): Codec<B> {
  return {
    ...codec,
    ...mapped(codec, toOuter, toInner),
    pathAt: codec.pathAt,
    encode: (value) => codec.encode(toInner(value)),
    decode: (bytes) => toOuter(codec.decode(bytes)),
  }
}

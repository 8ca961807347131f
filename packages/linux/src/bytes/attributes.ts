import { type Field, Malformed, type ReadAt, readAtOf, reading } from './field.ts'
import { codesOf, type Layout, Layouts, type Place } from './layout.ts'
import { keepLayout, memoryOf, remember } from './memory.ts'
import { type Endianness, hostEndianness, type WriteOptions, Writer } from './writer.ts'

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
  /** What was read and not changed is encoded as it was; see {@link WriteOptions}. */
  encode(value: T, options?: WriteOptions): Uint8Array
  decode(bytes: Uint8Array, endianness?: Endianness): T
  pathAt(bytes: Uint8Array, offset: number): string[]
  /** The attribute types under the kernel's names, as far as the table tells them: compared with the uapi headers. */
  readonly macros?: Readonly<Record<string, number>>
}

/** One row of a table: attribute type, field, and for errors the kernel's name of it. */
export type Row<T> = readonly [type: number, field: Field<T>, macro?: string]

/** A row for every property: a property that is forgotten doesn't compile. */
export type Table<T> = { readonly [K in Exclude<keyof T, symbol>]-?: Row<Exclude<T[K], undefined>> }

/** Splits a buffer into attributes; throws {@link Malformed} when lengths do not add up. */
export function* parseAttributes(
  bytes: Uint8Array,
  endianness: Endianness = hostEndianness,
): Generator<Attribute, void, undefined> {
  const little = endianness === 'little'
  for (let at = 0; at < bytes.length; ) {
    const end = endOfAttribute(bytes, at, little)
    const code = u16At(bytes, at + 2, little)
    yield { ...attributeHead(code), offset: at, bytes: bytes.subarray(at + NLA_HDRLEN, end) }
    at = (end + 3) & ~3
  }
}

function u16At(bytes: Uint8Array, at: number, little: boolean): number {
  return little ? bytes[at]! | (bytes[at + 1]! << 8) : (bytes[at]! << 8) | bytes[at + 1]!
}

/** Where the content of the attribute at `at` ends. */
function endOfAttribute(bytes: Uint8Array, at: number, little: boolean, stop: number = bytes.length): number {
  const left = stop - at
  if (left < NLA_HDRLEN) throw new Malformed(`${left} bytes left over after the last attribute`)
  const length = u16At(bytes, at, little)
  if (length >= NLA_HDRLEN && length <= left) return at + length
  throw new Malformed(`attribute ${u16At(bytes, at + 2, little) & NLA_TYPE_MASK} claims ${length} of ${left} bytes`)
}

function attributeHead(code: number): Omit<LooseAttribute, 'bytes'> {
  return {
    type: code & NLA_TYPE_MASK,
    nested: (code & NLA_F_NESTED) !== 0,
    ...((code & NLA_F_NET_BYTEORDER) !== 0 && { networkOrder: true as const }),
  }
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

/** A row of the table in the form that reading and writing use. */
interface Entry extends Place {
  readonly key: string
  readonly type: number
  readonly field: Field<unknown>
  readonly readAt: ReadAt<unknown>
  readonly macro: string
}

function entriesOf(table: object): Entry[] {
  return Object.entries(table as Record<string, Row<never>>).map(([key, [type, field, macro]], rank) => ({
    key,
    type,
    field: field as Field<unknown>,
    readAt: readAtOf(field as Field<unknown>),
    macro: macro ?? key,
    rank,
    code: field.nested ? type | NLA_F_NESTED : type,
  }))
}

/**
 * A codec from one table: property → [attribute type, field]. Properties are written in table order, absent ones
 * are left out; attributes that the table does not name are kept under {@link unknown}. A value that was read is
 * written in the order, and with the flag bits, that it had. `constants` are on every value, and not on the wire.
 */
export function attributes<T extends object>(name: string, table: Table<T>, constants: object = {}): Codec<T> {
  const list = new AttributeList(name, entriesOf(table), constants)
  const write = (out: Writer, value: T): void => list.write(out, value as Record<string, unknown>)
  const read = reading((bytes, at, end, endianness) => list.read(bytes, at, end, endianness) as T)
  return {
    name,
    nested: true,
    macros: list.macros,
    allMacros: list.allMacros,
    write,
    read,
    pathAt: (bytes, offset) => list.pathAt(bytes, offset),
    encode: (value, options) => encodeWith(write, value, options),
    decode: read,
  }
}

class AttributeList {
  readonly name: string
  readonly #entries: readonly Entry[]
  readonly #byType: ReadonlyMap<number, Entry>
  readonly #constants: object
  readonly #layouts = new Layouts()

  constructor(name: string, entries: readonly Entry[], constants: object) {
    this.name = name
    this.#entries = entries
    this.#byType = new Map(entries.map((entry) => [entry.type, entry]))
    this.#constants = constants
  }

  get macros(): Record<string, number> {
    const named = this.#entries.filter(({ macro, key }) => macro !== key)
    return Object.fromEntries(named.map(({ macro, type }) => [macro, type]))
  }

  get allMacros(): Record<string, number> {
    return Object.assign({}, ...this.#entries.map(({ field }) => field.allMacros), this.macros)
  }

  read(bytes: Uint8Array, from: number, stop: number, endianness: Endianness): Record<string, unknown> {
    const little = endianness === 'little'
    const value: Record<string, unknown> = { ...this.#constants }
    let layout = this.#layouts.root
    for (let at = from; at < stop; ) {
      const end = endOfAttribute(bytes, at, little, stop)
      const code = u16At(bytes, at + 2, little)
      const entry = this.#byType.get(code & NLA_TYPE_MASK)
      if (entry === undefined) keepUnknown(value, code, bytes.subarray(at + NLA_HDRLEN, end))
      else value[entry.key] = readEntry(entry, bytes, at + NLA_HDRLEN, end, endianness)
      layout = this.#layouts.after(layout, code | formBits(entry?.field, bytes, at + NLA_HDRLEN, end), entry)
      at = from + ((end - from + 3) & ~3)
    }
    return layout.natural ? value : remember(value, layout.memory)
  }

  write(out: Writer, value: Record<string, unknown>): void {
    const layout = out.afresh ? undefined : memoryOf(value)?.layout
    if (layout === undefined) this.#writeInOrder(out, value)
    else this.#writeAsRead(out, value, layout)
  }

  #writeInOrder(out: Writer, value: Record<string, unknown>): void {
    for (const entry of this.#entries) writeEntry(out, entry, value[entry.key], entry.code)
    for (const rest of (value as Unknown)[unknown] ?? []) writeLoose(out, rest)
  }

  /** First what was there, in its order; then what came later. */
  #writeAsRead(out: Writer, value: Record<string, unknown>, layout: Layout): void {
    const missing = new Set(this.#entries)
    const rest = [...((value as Unknown)[unknown] ?? [])]
    for (const code of codesOf(layout)) {
      const entry = this.#byType.get(code & NLA_TYPE_MASK)
      if (entry === undefined) writeLoose(out, takeOf(rest, code & NLA_TYPE_MASK))
      else if (missing.delete(entry)) writeEntry(out, entry, value[entry.key], code)
    }
    for (const entry of missing) writeEntry(out, entry, value[entry.key], entry.code)
    for (const one of rest) writeLoose(out, one)
  }

  pathAt(bytes: Uint8Array, offset: number): string[] {
    for (const attribute of parseAttributes(bytes)) {
      const inside = offset - attribute.offset
      if (inside < 0 || inside >= NLA_HDRLEN + attribute.bytes.length) continue
      const entry = this.#byType.get(attribute.type)
      const inner = inside < NLA_HDRLEN ? undefined : entry?.field.pathAt?.(attribute.bytes, inside - NLA_HDRLEN)
      return [entry?.macro ?? `attribute ${attribute.type}`, ...(inner ?? [])]
    }
    return []
  }
}

function readEntry(entry: Entry, bytes: Uint8Array, at: number, end: number, endianness: Endianness): unknown {
  try {
    return entry.readAt(bytes, at, end, endianness)
  } catch (error) {
    throw error instanceof Malformed ? error.inside(entry.key) : error
  }
}

/** A copy of the bytes: a receive buffer can be used again. */
function keepUnknown(value: { [unknown]?: LooseAttribute[] }, code: number, content: Uint8Array): void {
  value[unknown] ??= []
  value[unknown].push({ ...attributeHead(code), bytes: Uint8Array.from(content) })
}

function formBits(field: Field<unknown> | undefined, bytes: Uint8Array, at: number, end: number): number {
  return field?.form === undefined ? 0 : field.form(bytes, at, end) << 16
}

function writeEntry(out: Writer, { field }: Entry, property: unknown, code: number): void {
  if (property === undefined) return
  writeAttribute(out, code & 0xffff, (inner) => field.write(inner, property, code >>> 16))
}

function writeLoose(out: Writer, attribute: LooseAttribute | undefined): void {
  if (attribute === undefined) return
  writeAttribute(out, typeAndFlags(attribute), (inner) => inner.bytes(attribute.bytes))
}

/** Removes the first of this type from the list; undefined when there is none. */
function takeOf(rest: LooseAttribute[], type: number): LooseAttribute | undefined {
  const index = rest.findIndex((each) => each.type === type)
  return index === -1 ? undefined : rest.splice(index, 1)[0]
}

function typeAndFlags({ type, nested, networkOrder }: LooseAttribute): number {
  return type | (nested ? NLA_F_NESTED : 0) | (networkOrder ? NLA_F_NET_BYTEORDER : 0)
}

function encodeWith<T>(write: (out: Writer, value: T) => void, value: T, options?: WriteOptions): Uint8Array {
  const out = new Writer(256, options)
  write(out, value)
  return out.finish()
}

/**
 * A list whose every element is an attribute of the same type (NFTA_LIST_ELEM and the like; `macro` is its name).
 * Elements of another type are read as if they had it, and written with the type that they had.
 */
export function listOf<T>(type: number, field: Field<T>, macro?: string): Field<T[]> {
  const natural = field.nested ? type | NLA_F_NESTED : type
  const readAt = readAtOf(field)
  return {
    nested: true,
    allMacros: { ...field.allMacros, ...(macro !== undefined && { [macro]: type }) },
    write: (out, values) => {
      const codes = out.afresh ? undefined : (memoryOf(values)?.source as ListCodes | undefined)?.codes
      for (const [index, value] of values.entries()) {
        const code = codes?.[index % codes.length] ?? natural
        writeAttribute(out, code & 0xffff, (inner) => field.write(inner, value, code >>> 16))
      }
    },
    read: reading((bytes, at, end, endianness) =>
      readList(field, readAt, natural, bytes.subarray(at, end), endianness),
    ),
    pathAt: (bytes, offset) => elementPath(field, bytes, offset),
  }
}

/** One code when all elements have the same. */
interface ListCodes {
  readonly codes: readonly number[]
}

function readList<T>(
  field: Field<T>,
  readAt: ReadAt<T>,
  natural: number,
  bytes: Uint8Array,
  endianness: Endianness,
): T[] {
  const little = endianness === 'little'
  const values: T[] = []
  const codes: number[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = endOfAttribute(bytes, at, little)
    codes.push(u16At(bytes, at + 2, little) | formBits(field, bytes, at + NLA_HDRLEN, end))
    values.push(readAt(bytes, at + NLA_HDRLEN, end, endianness))
    at = (end + 3) & ~3
  }
  const [first] = codes
  if (codes.some((code) => code !== first)) return remember(values, { source: { codes } })
  if (first === undefined || first === natural) return values
  return remember(values, { source: first === (natural & ~NLA_F_NESTED) ? withoutFlag(first) : { codes: [first] } })
}

const shared = new Map<number, ListCodes>()

/** The kernel's own lists come without NLA_F_NESTED: one object for all of them. */
function withoutFlag(code: number): ListCodes {
  const known = shared.get(code)
  if (known !== undefined) return known
  const codes = { codes: [code] }
  shared.set(code, codes)
  return codes
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
  const readAt = readAtOf(field)
  return {
    ...field,
    write: (out, value, form) => field.write(out, toInner(value), form),
    read: reading((bytes, at, end, endianness) => toOuter(readAt(bytes, at, end, endianness))),
  }
}

/**
 * A codec of another shape over the same bytes: like {@link mapped}, for whole attribute lists. The order of the
 * attributes is remembered; of what is further inside, what the outer shape holds as it is.
 */
export function mappedCodec<A, B>(codec: Codec<A>, toOuter: (a: A) => B, toInner: (b: B) => A): Codec<B> {
  const outward = (inner: A): B => withLayout(toOuter(inner), inner)
  const inward = (outer: B): A => withLayout(toInner(outer), outer)
  return {
    ...codec,
    ...mapped(codec, outward, inward),
    pathAt: codec.pathAt,
    encode: (value, options) => codec.encode(inward(value), options),
    decode: (bytes, endianness) => outward(codec.decode(bytes, endianness)),
  }
}

function withLayout<T>(value: T, from: unknown): T {
  if (isObject(value) && isObject(from)) keepLayout(value, from)
  return value
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

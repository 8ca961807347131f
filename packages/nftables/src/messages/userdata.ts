import { type Endianness, hostEndianness, u32, Writer } from '@sallyport/linux'

/** nft's own notes on tables, chains, rules, sets and elements: type and length of one byte each, then the value. */

const COMMENT = 0 // NFTNL_UDATA_TABLE_COMMENT, _CHAIN_COMMENT, _RULE_COMMENT, _SET_ELEM_COMMENT, _OBJ_COMMENT
const USERDATA_LIMIT = 256 // NFT_USERDATA_MAXLEN
const COMMENT_LIMIT = 127 // NFTNL_UDATA_COMMENT_MAXLEN without the NUL

/** enum nftnl_udata_set_types */
const set = {
  keyByteorder: 0, // NFTNL_UDATA_SET_KEYBYTEORDER
  dataByteorder: 1, // NFTNL_UDATA_SET_DATABYTEORDER
  mergeElements: 2, // NFTNL_UDATA_SET_MERGE_ELEMENTS
  keyTypeof: 3, // NFTNL_UDATA_SET_KEY_TYPEOF
  dataTypeof: 4, // NFTNL_UDATA_SET_DATA_TYPEOF
  dataInterval: 6, // NFTNL_UDATA_SET_DATA_INTERVAL
  comment: 7, // NFTNL_UDATA_SET_COMMENT
} as const

/** enum byteorder of nft; a concatenation has none as a whole. */
const byteorders = { none: 0, host: 1, big: 2 } as const
export type Byteorder = keyof typeof byteorders

/** What nft writes on a set, so as to list it the way it was written. */
export interface SetNotes {
  keyByteorder?: Byteorder
  /** Of a map. */
  dataByteorder?: Byteorder
  /** auto-merge */
  mergeElements?: boolean
  /** The expression of a `typeof` set, in nft's own form. */
  keyTypeof?: Uint8Array
  dataTypeof?: Uint8Array
  /** Of a map: does its data have ranges? */
  dataInterval?: boolean
  comment?: string
}

/** Comment of a table, chain, rule, element or object; undefined without one. Throws RangeError over 127 bytes. */
export function commentUserdata(comment: string | undefined): Uint8Array | undefined {
  return comment === undefined ? undefined : pack([[COMMENT, commentBytes(comment)]])
}

/** The comment in the userdata of anything but a set; undefined without one, or when others wrote something else. */
export function commentOf({ userdata }: { userdata?: Uint8Array | undefined }): string | undefined {
  return userdata === undefined ? undefined : textOf(unpack(userdata)?.get(COMMENT))
}

/** NFTA_SET_USERDATA, in nft's order. Its integers are in host order. */
export function setUserdata(notes: SetNotes, endianness: Endianness = hostEndianness): Uint8Array {
  const integer = (value: number): Uint8Array => integerBytes(value, endianness)
  const entries: [number, Uint8Array | undefined][] = [
    [set.keyByteorder, notes.keyByteorder && integer(byteorders[notes.keyByteorder])],
    [set.dataByteorder, notes.dataByteorder && integer(byteorders[notes.dataByteorder])],
    [set.mergeElements, notes.mergeElements === undefined ? undefined : integer(Number(notes.mergeElements))],
    [set.keyTypeof, notes.keyTypeof],
    [set.dataTypeof, notes.dataTypeof],
    [set.dataInterval, notes.dataInterval === undefined ? undefined : integer(Number(notes.dataInterval))],
    [set.comment, notes.comment === undefined ? undefined : commentBytes(notes.comment)],
  ]
  return pack(entries.filter((entry): entry is [number, Uint8Array] => entry[1] !== undefined))
}

/** What of a set's userdata has a name here; undefined when it is not nft's. */
export function setNotesOf(
  { userdata }: { userdata?: Uint8Array | undefined },
  endianness: Endianness = hostEndianness,
): SetNotes | undefined {
  const numberOf = (bytes: Uint8Array | undefined): number | undefined => integerOf(bytes, endianness)
  const found = userdata && unpack(userdata)
  if (found === undefined) return undefined
  const keyTypeof = found.get(set.keyTypeof)
  const dataTypeof = found.get(set.dataTypeof)
  const merge = numberOf(found.get(set.mergeElements))
  const interval = numberOf(found.get(set.dataInterval))
  const comment = textOf(found.get(set.comment))
  return {
    ...byteorderNote('keyByteorder', numberOf(found.get(set.keyByteorder))),
    ...byteorderNote('dataByteorder', numberOf(found.get(set.dataByteorder))),
    ...(merge !== undefined && { mergeElements: merge !== 0 }),
    ...(keyTypeof && { keyTypeof }),
    ...(dataTypeof && { dataTypeof }),
    ...(interval !== undefined && { dataInterval: interval !== 0 }),
    ...(comment !== undefined && { comment }),
  }
}

function byteorderNote(key: 'keyByteorder' | 'dataByteorder', number: number | undefined): SetNotes {
  const name = (Object.keys(byteorders) as Byteorder[]).find((each) => byteorders[each] === number)
  return name === undefined ? {} : { [key]: name }
}

function pack(entries: readonly (readonly [number, Uint8Array])[]): Uint8Array {
  const out = new Writer()
  for (const [type, value] of entries) {
    out.u8(type)
    out.u8(value.length)
    out.bytes(value)
  }
  if (out.length > USERDATA_LIMIT) throw new RangeError(`${out.length} bytes of userdata; the kernel takes 256`)
  return out.finish()
}

function unpack(bytes: Uint8Array): Map<number, Uint8Array> | undefined {
  const found = new Map<number, Uint8Array>()
  for (let at = 0; at < bytes.length; ) {
    const [type, length] = bytes.subarray(at)
    if (type === undefined || length === undefined || at + 2 + length > bytes.length) return undefined
    found.set(type, bytes.slice(at + 2, at + 2 + length))
    at += 2 + length
  }
  return found
}

function commentBytes(comment: string): Uint8Array {
  const bytes = Buffer.from(`${comment}\0`, 'utf8')
  if (bytes.length - 1 > COMMENT_LIMIT) {
    throw new RangeError(
      `a comment of ${bytes.length - 1} bytes; nft takes ${COMMENT_LIMIT}: '${comment.slice(0, 40)}…'`,
    )
  }
  return bytes
}

function textOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes && Buffer.from(bytes.at(-1) === 0 ? bytes.subarray(0, -1) : bytes).toString('utf8')
}

/** nft writes them in host byte order. */
function integerBytes(value: number, endianness: Endianness): Uint8Array {
  const out = new Writer(4, { endianness })
  u32.write(out, value)
  return out.finish()
}

function integerOf(bytes: Uint8Array | undefined, endianness: Endianness): number | undefined {
  return bytes?.length === 4 ? u32.read(bytes, endianness) : undefined
}

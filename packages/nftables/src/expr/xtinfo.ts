import {
  type Endianness,
  type Field,
  type FixedHeader,
  fixedHeader,
  Malformed,
  u8,
  u16,
  u32,
  Writer,
} from '@sallyport/linux'
import type { Match, Target } from './xt.ts'

/** struct xt_tcp: ports are in host order, as ranges. */
export interface XtTcp {
  sportMin: number
  sportMax: number
  dportMin: number
  dportMax: number
  /** Number of a TCP option that must be there; 0: none. */
  option: number
  flagsMask: number
  flagsCompared: number
  /** XT_TCP_INV_* */
  inverted: number
}

/** struct xt_udp */
export type XtUdp = Pick<XtTcp, 'sportMin' | 'sportMax' | 'dportMin' | 'dportMax' | 'inverted'>

/** struct xt_mark_mtinfo1 */
export interface XtMark {
  mark: number
  mask: number
  inverted: number
}

/** struct xt_mark_tginfo2 */
export type XtSetMark = Pick<XtMark, 'mark' | 'mask'>

/** struct xt_addrtype_info_v1: bits of 1 << RTN_* */
export interface XtAddrtype {
  source: number
  dest: number
  /** XT_ADDRTYPE_* */
  flags: number
}

/** struct xt_comment_info */
export interface XtComment {
  comment: string
}

const COMMENT = 256 // XT_MAX_COMMENT_LEN

/** Characters up to the first NUL, in a fixed room; what does not fit is refused. */
const comment: Field<string> = {
  write: (out, value) => {
    const bytes = Buffer.from(value, 'utf8')
    if (bytes.length >= COMMENT)
      throw new RangeError(`a comment of ${bytes.length} bytes; x_tables take ${COMMENT - 1}`)
    out.bytes(bytes)
  },
  read: (bytes) => {
    const end = bytes.indexOf(0)
    return Buffer.from(end === -1 ? bytes : bytes.subarray(0, end)).toString('utf8')
  },
}

const ports = { sportMin: [0, u16], sportMax: [2, u16], dportMin: [4, u16], dportMax: [6, u16] } as const

const tcp = fixedHeader<XtTcp>('xt_tcp', 16, {
  ...ports,
  option: [8, u8],
  flagsMask: [9, u8],
  flagsCompared: [10, u8],
  inverted: [11, u8],
})
const udp = fixedHeader<XtUdp>('xt_udp', 16, { ...ports, inverted: [8, u8] })
const mark = fixedHeader<XtMark>('xt_mark_mtinfo1', 16, { mark: [0, u32], mask: [4, u32], inverted: [8, u8] })
const setMark = fixedHeader<XtSetMark>('xt_mark_tginfo2', 8, { mark: [0, u32], mask: [4, u32] })
const addrtype = fixedHeader<XtAddrtype>('xt_addrtype_info_v1', 8, {
  source: [0, u16],
  dest: [2, u16],
  flags: [4, u32],
})
const commentInfo = fixedHeader<XtComment>('xt_comment_info', COMMENT, { comment: [0, comment] })

/** The structs that have names here, by kind, name and revision; sizes are rounded up to 8 (XT_ALIGN on 64 bits). */
export interface XtInfos {
  'match tcp 0': XtTcp
  'match udp 0': XtUdp
  'match mark 1': XtMark
  'match addrtype 1': XtAddrtype
  'match comment 0': XtComment
  'target MARK 2': XtSetMark
}

const structs: { readonly [K in keyof XtInfos]: FixedHeader<XtInfos[K]> } = {
  'match tcp 0': tcp,
  'match udp 0': udp,
  'match mark 1': mark,
  'match addrtype 1': addrtype,
  'match comment 0': commentInfo,
  'target MARK 2': setMark,
}

/** Which of them an expression has; undefined: one without a name here, its `info` stays bytes. */
export function xtKind({ expr, name, rev }: Match | Target): keyof XtInfos | undefined {
  const kind = `${expr} ${name} ${rev}`
  return Object.hasOwn(structs, kind) ? (kind as keyof XtInfos) : undefined
}

/** The struct in `info`. Throws {@link Malformed} when it is too short. */
export function readXtInfo<K extends keyof XtInfos>(kind: K, info: Uint8Array, endianness?: Endianness): XtInfos[K] {
  if (info.length < structs[kind].size)
    throw new Malformed(`${info.length} bytes where ${kind} has ${structs[kind].size}`)
  return structs[kind].read(info, endianness)
}

/** The expression with this struct. */
export function writeXtInfo<K extends keyof XtInfos>(
  kind: K,
  value: XtInfos[K],
  endianness?: Endianness,
): Match | Target {
  const out = new Writer(structs[kind].size, endianness && { endianness })
  structs[kind].write(out, value)
  const [expr, name, rev] = kind.split(' ')
  return { expr, name, rev: Number(rev), info: out.finish() } as Match | Target
}

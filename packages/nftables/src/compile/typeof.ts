import { u32, Writer } from '@sallyport/linux'
import {
  type CtKey,
  ctDirections,
  ctKeys,
  exthdrOps,
  fibFlags,
  fibResults,
  hashTypes,
  metaKeys,
  numgenTypes,
  rtKeys,
  socketKeys,
  xfrmDirections,
  xfrmKeys,
} from '../expr/index.ts'
import type { TypeName } from '../model/datatype.ts'
import type { Field, Selector } from '../model/selector.ts'
import type { ExthdrSource, HashSource, PayloadSource, Protocol, Source } from '../model/source.ts'

/**
 * nft notes on sets what their keys were written as (NFTNL_UDATA_SET_KEY_TYPEOF): type and length of one byte each,
 * numbers of nft's own in host byte order. The kernel does not look; with the same notes our sets are nft's own.
 */

/** enum expr_types of nftables' expression.h */
const etypes = {
  verdict: 1,
  payload: 7,
  exthdr: 8,
  meta: 9,
  socket: 10,
  osf: 11,
  ct: 12,
  concat: 13,
  numgen: 23,
  hash: 24,
  rt: 25,
  fib: 26,
  xfrm: 27,
} as const

/** enum proto_desc_id of nftables' proto.h */
const descriptions: Readonly<Record<Protocol, number>> = {
  ah: 1,
  esp: 2,
  comp: 3,
  icmp: 4,
  igmp: 5,
  udp: 6,
  udplite: 7,
  tcp: 8,
  dccp: 9,
  sctp: 10,
  th: 11,
  ip: 12,
  ip6: 13,
  icmpv6: 14,
  arp: 15,
  vlan: 16,
  ether: 17,
  raw: 0,
}

const TYPE = 0 // NFTNL_UDATA_SET_TYPEOF_EXPR
const DATA = 1 // NFTNL_UDATA_SET_TYPEOF_DATA

/** nft's marks of a payload's base, and of its offset and length in bits; the first two are for bytes without a name. */
const PAYLOAD_BASE = 2
const PAYLOAD_OFFSET = 3
const PAYLOAD_LENGTH = 4
/** nft's enum proto_bases, which knows no tunnels. */
const protocolBases: Readonly<Record<PayloadSource['base'], number>> = {
  link: 1,
  network: 2,
  transport: 3,
  inner: 4,
  tunnel: 0,
}

type Entry = readonly [type: number, value: Uint8Array]

function pack(entries: readonly Entry[]): Uint8Array {
  const out = new Writer(64)
  for (const [type, value] of entries) {
    out.u8(type)
    out.u8(value.length)
    out.bytes(value)
  }
  return out.finish()
}

function number(value: number): Uint8Array {
  const out = new Writer(4)
  u32.write(out, value >>> 0)
  return out.finish()
}

const note = (etype: number, data: Uint8Array): Uint8Array =>
  pack([
    [TYPE, number(etype)],
    [DATA, data],
  ])

/** Concatenation whose parts nft has no notes about, as in every `type a . b` declaration. */
export const bareConcat: Uint8Array = note(etypes.concat, new Uint8Array())
export const verdictNote: Uint8Array = note(etypes.verdict, new Uint8Array())

/** The note about an anonymous set's key. `sorted`: nft forgets parts whose bytes are turned for intervals. */
export function typeofSelector(selector: Selector, sorted: boolean): Uint8Array {
  const [field, ...more] = selector.fields
  if (selector.source.from !== 'concat' && more.length === 0) return typeofField(field!)
  const forgotten = (each: Field): boolean => isShifted(each) || (sorted && each.order === 'host')
  if (selector.fields.some(forgotten)) return bareConcat
  return note(etypes.concat, pack(selector.fields.map((each: Field, index) => [index, typeofField(each)])))
}

const isShifted = ({ source }: Field): boolean =>
  (source.from === 'payload' || source.from === 'exthdr') && source.bits !== undefined && source.bits.shift > 0

function typeofField({ source, type }: Field): Uint8Array {
  switch (source.from) {
    case 'payload':
      return note(etypes.payload, payloadNumbers(source, type))
    case 'meta':
      return note(etypes.meta, pack([[0, number(metaKeys[source.key])]]))
    case 'ct':
      return note(
        etypes.ct,
        pack([
          [0, number(ctKeys[source.key as CtKey])],
          [1, number(directionOf(source))],
        ]),
      )
    case 'fib':
      return note(
        etypes.fib,
        pack([
          [0, number(fibResults[source.result])],
          [1, number(fibMask(source))],
        ]),
      )
    case 'exthdr':
      return note(etypes.exthdr, extensionNumbers(source))
    case 'numgen':
      return note(etypes.numgen, numbers(numgenTypes[source.type], source.modulus, source.offset))
    case 'hash':
      return note(etypes.hash, hashNumbers(source))
    case 'rt':
      return note(etypes.rt, numbers(rtKeys[source.key]))
    case 'socket':
      return note(etypes.socket, numbers(socketKeys[source.key]))
    case 'xfrm':
      return note(etypes.xfrm, numbers(xfrmKeys[source.key], source.spnum, xfrmDirections[source.direction]))
    case 'osf':
      return note(etypes.osf, new Uint8Array())
    case 'concat':
      return bareConcat
  }
}

/** Numbered from 0 in this order. */
const numbers = (...values: readonly number[]): Uint8Array => pack(values.map((value, index) => [index, number(value)]))

/** Numbers without a name of their own have the length of their field. */
function payloadNumbers({ protocol, field, base, offset, length, bits }: PayloadSource, type: TypeName): Uint8Array {
  const where: Entry[] = [
    [PAYLOAD_BASE, number(protocolBases[base])],
    [PAYLOAD_OFFSET, number(8 * offset)],
  ]
  const names = Uint8Array.of(...numbers(descriptions[protocol], field), ...(protocol === 'raw' ? pack(where) : []))
  if (!/^integer\d/.test(type)) return names
  return Uint8Array.of(...names, ...pack([[PAYLOAD_LENGTH, number(bits?.width ?? 8 * length)]]))
}

function hashNumbers({ selector, offset, modulus, seed }: HashSource): Uint8Array {
  const type = selector === undefined ? hashTypes.sym : hashTypes.jenkins
  return numbers(type, offset, modulus, seed ?? 0, Number(seed !== undefined))
}

function extensionNumbers({ op, header, field }: ExthdrSource): Uint8Array {
  const kind: Entry[] = op === 'ipv6' ? [] : [[2, number(exthdrOps[op])]]
  return pack([[1, number(field)], ...kind, [0, number(header)]])
}

/** IP_CT_DIR_* or -1. */
const directionOf = ({ direction }: Extract<Source, { from: 'ct' }>): number =>
  direction === undefined ? -1 : ctDirections[direction]

const fibMask = ({ flags }: Extract<Source, { from: 'fib' }>): number =>
  flags.reduce((mask, flag) => mask | fibFlags[flag], 0)

import { u32, Writer } from '@sallyport/linux'
import { type CtKey, ctDirections, ctKeys, fibFlags, fibResults, metaKeys } from '../expr/index.ts'
import type { Field, Selector } from '../model/selector.ts'
import type { Protocol, Source } from '../model/source.ts'

/**
 * nft notes on sets what their keys were written as (NFTNL_UDATA_SET_KEY_TYPEOF): type and length of one byte each,
 * numbers of nft's own in host byte order. The kernel does not look; with the same notes our sets are nft's own.
 */

/** enum expr_types of nftables' expression.h */
const etypes = { verdict: 1, payload: 7, meta: 9, ct: 12, concat: 13, fib: 26 } as const

/** enum proto_desc_id of nftables' proto.h */
const descriptions: Readonly<Record<Protocol, number>> = {
  icmp: 4,
  udp: 6,
  tcp: 8,
  th: 11,
  ip: 12,
  ip6: 13,
  icmpv6: 14,
  ether: 17,
}

const TYPE = 0 // NFTNL_UDATA_SET_TYPEOF_EXPR
const DATA = 1 // NFTNL_UDATA_SET_TYPEOF_DATA

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
  if (selector.source.from !== 'concat' && more.length === 0) return typeofField(field!.source)
  if (sorted && selector.fields.some((each) => each.order === 'host')) return bareConcat
  return note(etypes.concat, pack(selector.fields.map((each: Field, index) => [index, typeofField(each.source)])))
}

function typeofField(source: Source): Uint8Array {
  switch (source.from) {
    case 'payload':
      return note(
        etypes.payload,
        pack([
          [0, number(descriptions[source.protocol])],
          [1, number(source.field)],
        ]),
      )
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
    case 'concat':
      return bareConcat
  }
}

/** IP_CT_DIR_* or -1. */
const directionOf = ({ direction }: Extract<Source, { from: 'ct' }>): number =>
  direction === undefined ? -1 : ctDirections[direction]

const fibMask = ({ flags }: Extract<Source, { from: 'fib' }>): number =>
  flags.reduce((mask, flag) => mask | fibFlags[flag], 0)

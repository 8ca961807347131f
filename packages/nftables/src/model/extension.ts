import { presence } from './computed.ts'
import type { TypeName } from './datatype.ts'
import { ModelError } from './error.ts'
import type { ValueField } from './selector.ts'
import type { ExthdrSource } from './source.ts'
import { WritableField } from './writable.ts'

/** The fields of an extension header or option, by name, and `exists`. */
export type Extension<F extends Readonly<Record<string, TypeName>> = Readonly<Record<never, TypeName>>> = {
  readonly [Name in keyof F]: WritableField<F[Name]>
} & { readonly exists: ValueField<'boolean'> }

/** Place in bits, nft's number of the field and its word. */
type Row<T extends TypeName> = readonly [type: T, at: number, bits: number, field: number, word?: string]

interface Kind {
  readonly op: ExthdrSource['op']
  readonly type: number
  /** Before the words of the fields, and for `exists`. */
  readonly text: string
  readonly whole?: string
  /** nft's number of the header. Default: `type`. */
  readonly header?: number
}

function extension<F extends Readonly<Record<string, TypeName>>>(
  { op, type, text, whole = text, header = type }: Kind,
  rows: { readonly [Name in keyof F]: Row<F[Name]> },
): Extension<F> {
  const fields = Object.entries(rows as Readonly<Record<string, Row<TypeName>>>).map(([name, row]) => {
    const [kind, at, bits, field, word = name] = row
    const offset = Math.floor(at / 8)
    const end = Math.ceil((at + bits) / 8)
    const part = at % 8 !== 0 || bits % 8 !== 0
    const source: ExthdrSource = {
      from: 'exthdr',
      op,
      type,
      header,
      field,
      offset,
      length: end - offset,
      ...(part && { bits: { shift: 8 * end - at - bits, width: bits } }),
    }
    return [name, new WritableField(kind, source, `${text} ${word}`, { length: source.length })]
  })
  return {
    ...Object.fromEntries(fields),
    exists: presence({ op, type, header, field: 0, offset: 0 }, whole),
  } as Extension<F>
}

type Ends = { nexthdr: 'inet_proto'; hdrlength: 'integer8' }

const ends = { nexthdr: ['inet_proto', 0, 8, 1], hdrlength: ['integer8', 8, 8, 2] } as const

/** Hop-by-hop options (RFC 8200 section 4.3). */
export const hbh: Extension<Ends> = extension(
  { op: 'ipv6', type: 0, header: 1, text: 'hbh', whole: 'exthdr hbh' },
  ends,
)

/** Destination options (RFC 8200 section 4.6). */
export const dst: Extension<Ends> = extension(
  { op: 'ipv6', type: 60, header: 7, text: 'dst', whole: 'exthdr dst' },
  ends,
)

/** Mobility header (RFC 6275 section 6.1). */
export const mh: Extension<Ends & { type: 'mh_type'; reserved: 'integer8'; checksum: 'integer16' }> = extension(
  { op: 'ipv6', type: 135, header: 8, text: 'mh', whole: 'exthdr mh' },
  { ...ends, type: ['mh_type', 16, 8, 3], reserved: ['integer8', 24, 8, 4], checksum: ['integer16', 32, 16, 5] },
)

/** Routing header (RFC 8200 section 4.4). */
export const routing: Extension<Ends & { type: 'integer8'; segLeft: 'integer8' }> = extension(
  { op: 'ipv6', type: 43, header: 2, text: 'rt', whole: 'exthdr rt' },
  { ...ends, type: ['integer8', 16, 8, 3], segLeft: ['integer8', 24, 8, 4, 'seg-left'] },
)

/** Segment routing header (RFC 8754 section 2). */
export const srh: Extension<{ lastEntry: 'integer8'; flags: 'integer8'; tag: 'integer16' }> = extension(
  { op: 'ipv6', type: 43, header: 5, text: 'srh', whole: 'exthdr rt' },
  {
    lastEntry: ['integer8', 32, 8, 1, 'last-entry'],
    flags: ['integer8', 40, 8, 2],
    tag: ['integer16', 48, 16, 3],
  },
)

/** Fragment header (RFC 8200 section 4.5). */
export const frag: Extension<{
  nexthdr: 'inet_proto'
  reserved: 'integer8'
  fragOff: 'integer16'
  moreFragments: 'integer8'
  id: 'integer32'
}> = extension(
  { op: 'ipv6', type: 44, header: 6, text: 'frag', whole: 'exthdr frag' },
  {
    nexthdr: ['inet_proto', 0, 8, 1],
    reserved: ['integer8', 8, 8, 2],
    fragOff: ['integer16', 16, 13, 3, 'frag-off'],
    moreFragments: ['integer8', 31, 1, 5, 'more-fragments'],
    id: ['integer32', 32, 32, 6],
  },
)

const tcpOption = <F extends Readonly<Record<string, TypeName>>>(
  name: string,
  type: number,
  rows: { readonly [Name in keyof F]: Row<F[Name]> },
): Extension<F> => extension({ op: 'tcpopt', type, text: `tcp option ${name}` }, rows)

type Sack = { left: 'integer32'; right: 'integer32' }

const sack = (block: number): Extension<Sack> =>
  tcpOption(`sack${block}`, 5, {
    left: ['integer32', 16 + 64 * block, 32, 2 + 2 * block],
    right: ['integer32', 48 + 64 * block, 32, 3 + 2 * block],
  })

/** Options of TCP (IANA TCP Option Kind Numbers). */
export const tcpOptions: {
  readonly maxseg: Extension<{ size: 'integer16'; length: 'integer8' }>
  readonly window: Extension<{ count: 'integer8'; length: 'integer8' }>
  readonly sackPermitted: Extension
  readonly sack0: Extension<Sack>
  readonly sack1: Extension<Sack>
  readonly sack2: Extension<Sack>
  readonly sack3: Extension<Sack>
  readonly timestamp: Extension<{ tsval: 'integer32'; tsecr: 'integer32'; length: 'integer8' }>
} = {
  maxseg: tcpOption('maxseg', 2, { length: ['integer8', 8, 8, 1], size: ['integer16', 16, 16, 2] }),
  window: tcpOption('window', 3, { length: ['integer8', 8, 8, 1], count: ['integer8', 16, 8, 2] }),
  sackPermitted: tcpOption('sack-perm', 4, {}),
  sack0: sack(0),
  sack1: sack(1),
  sack2: sack(2),
  sack3: sack(3),
  timestamp: tcpOption('timestamp', 8, {
    length: ['integer8', 8, 8, 1],
    tsval: ['integer32', 16, 32, 2],
    tsecr: ['integer32', 48, 32, 3],
  }),
}

/** Any option of TCP, by its number. */
export function tcpOptionNumber(kind: number): Extension {
  if (!Number.isInteger(kind) || kind < 0 || kind > 255) throw new ModelError(`TCP option ${kind}`, 'give 0 to 255')
  return tcpOption(String(kind), kind, {})
}

const ipOption = <F extends Readonly<Record<string, TypeName>>>(
  name: string,
  type: number,
  rows: { readonly [Name in keyof F]: Row<F[Name]> },
): Extension<F> => extension({ op: 'ipv4', type, text: `ip option ${name}` }, rows)

type Pointed = { type: 'integer8'; length: 'integer8'; ptr: 'integer8'; addr: 'ipv4_addr' }

const pointed = {
  type: ['integer8', 0, 8, 1],
  length: ['integer8', 8, 8, 2],
  ptr: ['integer8', 16, 8, 4],
  addr: ['ipv4_addr', 24, 32, 5],
} as const

/** Options of IPv4 (RFC 791 section 3.1, RFC 2113). */
export const ipOptions: {
  readonly lsrr: Extension<Pointed>
  readonly rr: Extension<Pointed>
  readonly ssrr: Extension<Pointed>
  readonly ra: Extension<{ type: 'integer8'; length: 'integer8'; value: 'integer16' }>
} = {
  lsrr: ipOption('lsrr', 131, pointed),
  rr: ipOption('rr', 7, pointed),
  ssrr: ipOption('ssrr', 137, pointed),
  ra: ipOption('ra', 148, {
    type: ['integer8', 0, 8, 1],
    length: ['integer8', 8, 8, 2],
    value: ['integer16', 16, 16, 3],
  }),
}

const sctpChunkNumbers = {
  data: 0,
  init: 1,
  'init-ack': 2,
  sack: 3,
  heartbeat: 4,
  'heartbeat-ack': 5,
  abort: 6,
  shutdown: 7,
  'shutdown-ack': 8,
  error: 9,
  'cookie-echo': 10,
  'cookie-ack': 11,
  ecne: 12,
  cwr: 13,
  'shutdown-complete': 14,
} as const

/** A chunk of SCTP (RFC 9260 section 3.2): what every chunk has. */
export function sctpChunk(
  name: keyof typeof sctpChunkNumbers,
): Extension<{ type: 'integer8'; flags: 'integer8'; length: 'integer16' }> {
  if (!Object.hasOwn(sctpChunkNumbers, name)) {
    throw new ModelError(`SCTP chunk '${name}'`, `use one of ${Object.keys(sctpChunkNumbers).join(', ')}`)
  }
  return extension(
    { op: 'sctp', type: sctpChunkNumbers[name], text: `sctp chunk ${name}` },
    { type: ['integer8', 0, 8, 0], flags: ['integer8', 8, 8, 1], length: ['integer16', 16, 16, 2] },
  )
}

import {
  type Attribute,
  attributes,
  type Codec,
  type Endianness,
  type Field,
  ipv4,
  ipv6,
  memoryOf,
  NLA_F_NESTED,
  parseAttributes,
  raw,
  remember,
  u8,
  u16be,
  u32be,
  writeAttribute,
} from '@sallyport/linux'
import { flags, type UnnamedBit } from '../../expr/flags.ts'
import { type ExpressionCodec, expression } from '../../expr/table.ts'

/** enum nft_tunnel_flags */
export const tunnelFlags = {
  zero_csum_tx: 1, // NFT_TUNNEL_F_ZERO_CSUM_TX
  dont_fragment: 2, // NFT_TUNNEL_F_DONT_FRAGMENT
  seq_number: 4, // NFT_TUNNEL_F_SEQ_NUMBER
} as const

/** enum nft_tunnel_key_ip_attributes */
export interface TunnelIp {
  src?: string
  dst: string
}

/** enum nft_tunnel_ip6_attributes */
export interface TunnelIp6 extends TunnelIp {
  flowlabel?: number
}

/** enum nft_tunnel_opts_vxlan_attributes: the group policy */
export interface TunnelVxlan {
  gbp: number
}

/** enum nft_tunnel_opts_erspan_attributes: of version 1 the index, of version 2 the others */
export interface TunnelErspan {
  version: number
  v1Index?: number
  v2Hwid?: number
  v2Dir?: number
}

/** enum nft_tunnel_opts_geneve_attributes */
export interface TunnelGeneve {
  class: number
  type: number
  data: Uint8Array
}

/** enum nft_tunnel_opts_attributes: one of them; of the third there can be several. `raw`: one without a name. */
export type TunnelOption =
  | { vxlan: TunnelVxlan }
  | { erspan: TunnelErspan }
  | { geneve: TunnelGeneve }
  | { raw: { type: number; bytes: Uint8Array } }

/** What the tunnel device is to put around the packet: enum nft_tunnel_key_attributes. */
export interface TunnelObject {
  expr: 'tunnel'
  id: number
  ip?: TunnelIp
  ip6?: TunnelIp6
  flags?: (keyof typeof tunnelFlags | UnnamedBit)[]
  tos?: number
  ttl?: number
  sport?: number
  dport?: number
  opts?: TunnelOption[]
}

const ip: Codec<TunnelIp> = attributes<TunnelIp>('ip', {
  src: [1, ipv4, 'NFTA_TUNNEL_KEY_IP_SRC'],
  dst: [2, ipv4, 'NFTA_TUNNEL_KEY_IP_DST'],
})

const ip6: Codec<TunnelIp6> = attributes<TunnelIp6>('ip6', {
  src: [1, ipv6, 'NFTA_TUNNEL_KEY_IP6_SRC'],
  dst: [2, ipv6, 'NFTA_TUNNEL_KEY_IP6_DST'],
  flowlabel: [3, u32be, 'NFTA_TUNNEL_KEY_IP6_FLOWLABEL'],
})

const vxlan: Codec<TunnelVxlan> = attributes<TunnelVxlan>('vxlan', { gbp: [1, u32be, 'NFTA_TUNNEL_KEY_VXLAN_GBP'] })

const erspan: Codec<TunnelErspan> = attributes<TunnelErspan>('erspan', {
  version: [1, u32be, 'NFTA_TUNNEL_KEY_ERSPAN_VERSION'],
  v1Index: [2, u32be, 'NFTA_TUNNEL_KEY_ERSPAN_V1_INDEX'],
  v2Hwid: [3, u8, 'NFTA_TUNNEL_KEY_ERSPAN_V2_HWID'],
  v2Dir: [4, u8, 'NFTA_TUNNEL_KEY_ERSPAN_V2_DIR'],
})

const geneve: Codec<TunnelGeneve> = attributes<TunnelGeneve>('geneve', {
  class: [1, u16be, 'NFTA_TUNNEL_KEY_GENEVE_CLASS'],
  type: [2, u8, 'NFTA_TUNNEL_KEY_GENEVE_TYPE'],
  data: [3, raw, 'NFTA_TUNNEL_KEY_GENEVE_DATA'],
})

/** What a list remembers that came, as the kernel's own do, without NLA_F_NESTED. */
const bare = {}

const options: Field<TunnelOption[]> = {
  nested: true,
  allMacros: {
    ...vxlan.macros,
    ...erspan.macros,
    ...geneve.macros,
    NFTA_TUNNEL_KEY_OPTS_VXLAN: 1,
    NFTA_TUNNEL_KEY_OPTS_ERSPAN: 2,
    NFTA_TUNNEL_KEY_OPTS_GENEVE: 3,
  },
  write: (out, list) => {
    const bit = !out.afresh && memoryOf(list)?.source === bare ? 0 : NLA_F_NESTED
    for (const option of list) {
      if ('vxlan' in option) writeAttribute(out, 1 | bit, (inner) => vxlan.write(inner, option.vxlan))
      else if ('erspan' in option) writeAttribute(out, 2 | bit, (inner) => erspan.write(inner, option.erspan))
      else if ('geneve' in option) writeAttribute(out, 3 | bit, (inner) => geneve.write(inner, option.geneve))
      else writeAttribute(out, option.raw.type | bit, (inner) => inner.bytes(option.raw.bytes))
    }
  },
  read: (bytes, endianness) => {
    const found = [...parseAttributes(bytes, endianness)]
    const list = found.map((attribute) => readOption(attribute, endianness))
    return found.every(({ nested }) => nested) ? list : remember(list, { source: bare })
  },
}

function readOption({ type, bytes }: Attribute, endianness: Endianness | undefined): TunnelOption {
  if (type === 1) return { vxlan: vxlan.read(bytes, endianness) }
  if (type === 2) return { erspan: erspan.read(bytes, endianness) }
  if (type === 3) return { geneve: geneve.read(bytes, endianness) }
  return { raw: { type, bytes: Uint8Array.from(bytes) } }
}

export const tunnelObject: ExpressionCodec<TunnelObject> = expression<TunnelObject>('tunnel', {
  id: [1, u32be, 'NFTA_TUNNEL_KEY_ID'],
  ip: [2, ip, 'NFTA_TUNNEL_KEY_IP'],
  ip6: [3, ip6, 'NFTA_TUNNEL_KEY_IP6'],
  flags: [4, flags(u32be, tunnelFlags), 'NFTA_TUNNEL_KEY_FLAGS'],
  tos: [5, u8, 'NFTA_TUNNEL_KEY_TOS'],
  ttl: [6, u8, 'NFTA_TUNNEL_KEY_TTL'],
  sport: [7, u16be, 'NFTA_TUNNEL_KEY_SPORT'],
  dport: [8, u16be, 'NFTA_TUNNEL_KEY_DPORT'],
  opts: [9, options, 'NFTA_TUNNEL_KEY_OPTS'],
})

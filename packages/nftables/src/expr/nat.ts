import { named, u32be } from '@sallyport/linux'
import { families } from './family.ts'
import { type NatFlag, natFlagList, withoutImpliedFlags } from './natflags.ts'
import { type ExpressionCodec, expression } from './table.ts'

/** enum nft_nat_types */
export const natTypes = {
  snat: 0, // NFT_NAT_SNAT
  dnat: 1, // NFT_NAT_DNAT
} as const

/** Rewrites source or destination to the address and port in the registers; a maximum makes it a range. */
export interface Nat {
  expr: 'nat'
  type: keyof typeof natTypes
  /** Of the addresses; `inet` when only ports are rewritten in an inet table. */
  family: 'ip' | 'ip6' | 'inet'
  regAddrMin?: number
  regAddrMax?: number
  regProtoMin?: number
  regProtoMax?: number
  flags?: NatFlag[]
}

const { ip, ip6, inet } = families

export const nat: ExpressionCodec<Nat> = expression<Nat>(
  'nat',
  {
    type: [1, named(u32be, natTypes), 'NFTA_NAT_TYPE'],
    family: [2, named(u32be, { ip, ip6, inet }), 'NFTA_NAT_FAMILY'],
    regAddrMin: [3, u32be, 'NFTA_NAT_REG_ADDR_MIN'],
    regAddrMax: [4, u32be, 'NFTA_NAT_REG_ADDR_MAX'],
    regProtoMin: [5, u32be, 'NFTA_NAT_REG_PROTO_MIN'],
    regProtoMax: [6, u32be, 'NFTA_NAT_REG_PROTO_MAX'],
    flags: [7, natFlagList, 'NFTA_NAT_FLAGS'],
  },
  canonical,
)

/** The kernel takes an absent maximum as the minimum, and dumps both. */
function canonical(nat: Nat): Nat {
  const regAddrMax = nat.regAddrMax ?? nat.regAddrMin
  const regProtoMax = nat.regProtoMax ?? nat.regProtoMin
  return withoutImpliedFlags({
    ...nat,
    ...(regAddrMax !== undefined && { regAddrMax }),
    ...(regProtoMax !== undefined && { regProtoMax }),
  })
}

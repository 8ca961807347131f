import { u32be } from '@sallyport/linux'
import { type NatFlag, natFlagList, withoutImpliedFlags } from './natflags.ts'
import { type ExpressionCodec, expression } from './table.ts'

/** Source NAT to the address of the interface that the packet leaves by. */
export interface Masq {
  expr: 'masq'
  flags?: NatFlag[]
  regProtoMin?: number
  regProtoMax?: number
}

export const masq: ExpressionCodec<Masq> = expression<Masq>(
  'masq',
  {
    flags: [1, natFlagList, 'NFTA_MASQ_FLAGS'],
    regProtoMin: [2, u32be, 'NFTA_MASQ_REG_PROTO_MIN'],
    regProtoMax: [3, u32be, 'NFTA_MASQ_REG_PROTO_MAX'],
  },
  (masq) => {
    const regProtoMax = masq.regProtoMax ?? masq.regProtoMin
    return withoutImpliedFlags({ ...masq, ...(regProtoMax !== undefined && { regProtoMax }) })
  },
)

import { named, u8, u16be, u32 } from '@sallyport/linux'
import { type ExpressionCodec, expression } from '../../expr/table.ts'
import { l3Protocols } from './cthelper.ts'

/** Lets connections in that others announce: to `dport`, for a while. */
export interface CtExpect {
  expr: 'ct_expect'
  l3proto?: keyof typeof l3Protocols
  /** IPPROTO_* */
  l4proto: number
  dport: number
  /** Milliseconds. */
  timeout: number
  /** How many at once. */
  size: number
}

/** The timeout alone is in host order: the kernel reads it so. */
export const ctExpect: ExpressionCodec<CtExpect> = expression<CtExpect>('ct_expect', {
  l3proto: [1, named(u16be, l3Protocols), 'NFTA_CT_EXPECT_L3PROTO'],
  l4proto: [2, u8, 'NFTA_CT_EXPECT_L4PROTO'],
  dport: [3, u16be, 'NFTA_CT_EXPECT_DPORT'],
  timeout: [4, u32, 'NFTA_CT_EXPECT_TIMEOUT'],
  size: [5, u8, 'NFTA_CT_EXPECT_SIZE'],
})

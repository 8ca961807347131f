import { bareText, named, u8, u16be } from '@sallyport/linux'
import { type ExpressionCodec, expression } from '../../expr/table.ts'

/** Address families of the connections that an object is for. */
export const l3Protocols = { unspec: 0, inet: 1, ip: 2, ip6: 10 } as const // NFPROTO_*

/** A helper of connection tracking, such as that for FTP. */
export interface CtHelper {
  expr: 'ct_helper'
  name: string
  l3proto?: keyof typeof l3Protocols
  /** IPPROTO_*: 6 is TCP, 17 is UDP. */
  l4proto: number
}

export const ctHelper: ExpressionCodec<CtHelper> = expression<CtHelper>('ct_helper', {
  name: [1, bareText, 'NFTA_CT_HELPER_NAME'],
  l3proto: [2, named(u16be, l3Protocols), 'NFTA_CT_HELPER_L3PROTO'],
  l4proto: [3, u8, 'NFTA_CT_HELPER_L4PROTO'],
})

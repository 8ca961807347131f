import { named, u32be } from '@sallyport/linux'
import { families } from './family.ts'
import { type ExpressionCodec, expression } from './table.ts'

/** At ingress or egress of a device: lets the packet out by the interface in `sregDev`, to a neighbour if given. */
export interface Fwd {
  expr: 'fwd'
  sregDev: number
  sregAddr?: number
  /** Of the neighbour's address. */
  nfproto?: 'ip' | 'ip6'
}

const { ip, ip6 } = families

export const fwd: ExpressionCodec<Fwd> = expression<Fwd>('fwd', {
  sregDev: [1, u32be, 'NFTA_FWD_SREG_DEV'],
  sregAddr: [2, u32be, 'NFTA_FWD_SREG_ADDR'],
  nfproto: [3, named(u32be, { ip, ip6 }), 'NFTA_FWD_NFPROTO'],
})

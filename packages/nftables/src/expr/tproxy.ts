import { named, u32be } from '@sallyport/linux'
import { families } from './family.ts'
import { type ExpressionCodec, expression } from './table.ts'

/** Hands the packet to a local transparent socket at the address and port in the registers. */
export interface Tproxy {
  expr: 'tproxy'
  /** `unspec`: both, when there is no address. */
  family: 'unspec' | 'ip' | 'ip6'
  regAddr?: number
  regPort?: number
}

const { ip, ip6 } = families

export const tproxy: ExpressionCodec<Tproxy> = expression<Tproxy>('tproxy', {
  family: [1, named(u32be, { unspec: 0, ip, ip6 }), 'NFTA_TPROXY_FAMILY'],
  regAddr: [2, u32be, 'NFTA_TPROXY_REG_ADDR'],
  regPort: [3, u32be, 'NFTA_TPROXY_REG_PORT'],
})

import { u32be } from '@sallyport/linux'
import { type ExpressionCodec, expression } from './table.ts'

/** Sends a copy to the address or by the interface in the registers. */
export interface Dup {
  expr: 'dup'
  sregAddr?: number
  sregDev?: number
}

export const dup: ExpressionCodec<Dup> = expression<Dup>('dup', {
  sregAddr: [1, u32be, 'NFTA_DUP_SREG_ADDR'],
  sregDev: [2, u32be, 'NFTA_DUP_SREG_DEV'],
})

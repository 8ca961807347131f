import { bareText } from '@sallyport/linux'
import { type ExpressionCodec, expression } from '../../expr/table.ts'

/** Gives packets a security context. */
export interface Secmark {
  expr: 'secmark'
  /** At most NFT_SECMARK_CTX_MAXLEN (4096) bytes. */
  ctx: string
}

export const secmark: ExpressionCodec<Secmark> = expression<Secmark>('secmark', {
  ctx: [1, bareText, 'NFTA_SECMARK_CTX'],
})

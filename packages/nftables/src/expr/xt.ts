import { raw, text, u32be } from '@sallyport/linux'
import { type ExpressionCodec, expression } from './table.ts'

/** An extension of x_tables, which iptables-nft uses: its name, revision and its struct, in the layout of the machine. */
interface Extension {
  name: string
  rev: number
  /** The extension's own struct of linux/netfilter/xt_*.h, integers in host order; see {@link xtInfo}. */
  info: Uint8Array
}

/** A match of x_tables. The rule needs `compat` if the match asks for the protocol. */
export interface Match extends Extension {
  expr: 'match'
}

/** A target of x_tables. */
export interface Target extends Extension {
  expr: 'target'
}

export const match: ExpressionCodec<Match> = expression<Match>('match', {
  name: [1, text, 'NFTA_MATCH_NAME'],
  rev: [2, u32be, 'NFTA_MATCH_REV'],
  info: [3, raw, 'NFTA_MATCH_INFO'],
})

export const target: ExpressionCodec<Target> = expression<Target>('target', {
  name: [1, text, 'NFTA_TARGET_NAME'],
  rev: [2, u32be, 'NFTA_TARGET_REV'],
  info: [3, raw, 'NFTA_TARGET_INFO'],
})

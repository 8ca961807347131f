import { attributes, type Codec, listOf, raw, text, u32be, u64be } from '@sallyport/linux'
import { type Expression, expressionElement, type Family } from '../expr/index.ts'
import { nfMessage } from './header.ts'

/** enum nft_rule_compat_attributes: what the match and target expressions of iptables-nft need. */
export interface RuleCompat {
  proto: number
  flags: number
}

/** A rule as the kernel is told of it and tells of it: enum nft_rule_attributes. */
export interface KernelRule {
  family: Family
  table: string
  chain: string
  expressions: Expression[]
  /** Comment: see {@link commentUserdata}. */
  userdata?: Uint8Array
  compat?: RuleCompat
  /** Handle of the rule that it stands behind (add) or before (insert); on reading, of the one it stands behind. */
  position?: bigint
  /** Names it within a batch. */
  id?: number
  /** The `id` of a rule of this batch, instead of `position`. */
  positionId?: number
  /** The `id` of a chain of this batch, beside its name. */
  chainId?: number
  /** The kernel's name for it. */
  handle?: bigint
}

const compat: Codec<RuleCompat> = attributes<RuleCompat>('compat', {
  proto: [1, u32be, 'NFTA_RULE_COMPAT_PROTO'],
  flags: [2, u32be, 'NFTA_RULE_COMPAT_FLAGS'],
})

export const ruleMessage: Codec<KernelRule> = nfMessage<KernelRule>('rule', {
  table: [1, text, 'NFTA_RULE_TABLE'],
  chain: [2, text, 'NFTA_RULE_CHAIN'],
  handle: [3, u64be, 'NFTA_RULE_HANDLE'],
  position: [6, u64be, 'NFTA_RULE_POSITION'],
  id: [9, u32be, 'NFTA_RULE_ID'],
  positionId: [10, u32be, 'NFTA_RULE_POSITION_ID'],
  chainId: [11, u32be, 'NFTA_RULE_CHAIN_ID'],
  expressions: [4, listOf(1, expressionElement), 'NFTA_RULE_EXPRESSIONS'], // NFTA_LIST_ELEM
  userdata: [7, raw, 'NFTA_RULE_USERDATA'],
  compat: [5, compat, 'NFTA_RULE_COMPAT'],
})

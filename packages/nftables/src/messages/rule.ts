import { attributes, type Codec, type Endianness, keepLayout, listOf, raw, text, u32be, u64be } from '@sallyport/linux'
import { type Expression, expressionElement, type Family } from '../expr/index.ts'
import { UNNAMED_CHAIN } from './chain.ts'
import { nfMessage } from './header.ts'

/** enum nft_rule_compat_flags */
export const compatFlags = {
  unused: 1, // NFT_RULE_COMPAT_F_UNUSED: what the kernel has set by mistake, and ignores
  inv: 2, // NFT_RULE_COMPAT_F_INV: any but this protocol
} as const

/** enum nft_rule_compat_attributes: what the match and target expressions of iptables-nft need. */
export interface RuleCompat {
  /** IPPROTO_* */
  proto: number
  /** Bits of {@link compatFlags}. */
  flags: number
}

/** A rule as the kernel is told of it and tells of it: enum nft_rule_attributes. */
export interface KernelRule {
  family: Family
  table: string
  /** `__chain%d`: the one that `chainId` says. */
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
  /** The `id` of a chain of this batch, instead of its name. */
  chainId?: number
  /** The kernel's name for it. */
  handle?: bigint
}

const compat: Codec<RuleCompat> = attributes<RuleCompat>('compat', {
  proto: [1, u32be, 'NFTA_RULE_COMPAT_PROTO'],
  flags: [2, u32be, 'NFTA_RULE_COMPAT_FLAGS'],
})

type Wire = Omit<KernelRule, 'chain'> & { chain?: string }

const wire: Codec<Wire> = nfMessage<Wire>('rule', {
  table: [1, text, 'NFTA_RULE_TABLE'],
  chain: [2, text, 'NFTA_RULE_CHAIN'],
  handle: [3, u64be, 'NFTA_RULE_HANDLE'],
  position: [6, u64be, 'NFTA_RULE_POSITION'],
  id: [9, u32be, 'NFTA_RULE_ID'],
  positionId: [10, u32be, 'NFTA_RULE_POSITION_ID'],
  chainId: [11, u32be, 'NFTA_RULE_CHAIN_ID'],
  expressions: [4, listOf(1, expressionElement, 'NFTA_LIST_ELEM'), 'NFTA_RULE_EXPRESSIONS'],
  userdata: [7, raw, 'NFTA_RULE_USERDATA'],
  compat: [5, compat, 'NFTA_RULE_COMPAT'],
})

function toWire(rule: KernelRule): Wire {
  if (rule.chain !== UNNAMED_CHAIN) return rule
  const { chain: _, ...rest } = rule
  return keepLayout(rest, rule)
}

/** In place: rules are many. */
function decode(bytes: Uint8Array, endianness?: Endianness): KernelRule {
  const rule = wire.decode(bytes, endianness)
  rule.chain ??= UNNAMED_CHAIN
  return rule as KernelRule
}

export const ruleMessage: Codec<KernelRule> = {
  ...(wire as Codec<KernelRule>),
  read: decode,
  decode,
  write: (out, rule) => wire.write(out, toWire(rule)),
  encode: (rule, options) => wire.encode(toWire(rule), options),
}

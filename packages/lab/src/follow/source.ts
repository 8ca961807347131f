import type { NetworkNamespace } from '@sallyport/linux'
import type { KernelRule } from '@sallyport/nftables'
import type { CaptureSource } from '../capture/index.ts'

/** A node whose rules packets are followed through. A `LabNode` is one. */
export interface FollowNode {
  readonly name: string
  readonly namespace: NetworkNamespace
  /** To ask the nft program, where it is installed, how it would write a rule. */
  exec?(command: string, args: readonly string[]): Promise<{ readonly status: number | null; readonly stdout: string }>
}

/** Where packets are followed. A `Lab` is one. */
export interface FollowSource extends CaptureSource {
  readonly nodes: Iterable<FollowNode>
}

/** What a rule says; undefined: ask somebody else. `ruleTexts(ruleset)` makes one for rules of our builder. */
export type RuleText = (rule: KernelRule) => string | undefined

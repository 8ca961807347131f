import type { NetworkNamespace } from '@sallyport/linux'
import { batchOf, connect, type Ruleset } from '@sallyport/nftables'

/** Puts a ruleset whose tables are not there yet into a namespace, in one batch. */
export function load(ruleset: Ruleset, namespace: NetworkNamespace): void {
  using nftables = connect({ namespace })
  nftables.commit(batchOf(ruleset))
}

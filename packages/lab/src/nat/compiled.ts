import { type Batch, batchOf, type Ruleset } from '@sallyport/nftables'
import type { Site } from './preset.ts'
import type { Means } from './resolve.ts'
import { rulesOf } from './rules/rules.ts'

/** Messages by what they were made from. */
type Kept = Map<string, Batch>

const MOST_KEPT = 64
const ofBehaviours: Kept = new Map()
const ofRules = new WeakMap<(site: Site) => Ruleset, Kept>()

/** The messages of a NAT's rules. Compiling takes longer than sending: routers that need the same ones share them. */
export function compiled(means: Means & { by: 'rules' | 'behaviour' }, site: Site): Batch {
  if (means.by === 'behaviour') {
    const { behaviour } = means
    const { wan, lan, external } = site
    const pool = external.length > 1 ? external : []
    return once(ofBehaviours, [behaviour, wan, lan, pool], () => rulesOf(behaviour, site))
  }
  const { rules, sharedBy } = means
  if (sharedBy === undefined) return batchOf(rules(site))
  const kept = ofRules.get(rules) ?? new Map<string, Batch>()
  ofRules.set(rules, kept)
  const key = sharedBy.map((part) => site[part])
  return once(kept, key, () => rules(site))
}

function once(kept: Kept, from: readonly unknown[], rules: () => Ruleset): Batch {
  const key = JSON.stringify(from)
  const known = kept.get(key)
  if (known !== undefined) return known
  if (kept.size >= MOST_KEPT) kept.clear()
  const batch = batchOf(rules())
  kept.set(key, batch)
  return batch
}

import { checkName } from './identifier.ts'

/** Where `jump` and `goto` lead: a chain of the same table, or its name. */
export type ChainReference = string | { readonly name: string }

/** What becomes of the packet; ends the rule. */
export type Verdict =
  | { readonly statement: 'verdict'; readonly verdict: 'accept' | 'drop' | 'continue' | 'return' }
  | { readonly statement: 'verdict'; readonly verdict: 'jump' | 'goto'; readonly chain: string }

export function accept(): Verdict {
  return { statement: 'verdict', verdict: 'accept' }
}

export function drop(): Verdict {
  return { statement: 'verdict', verdict: 'drop' }
}

/** nft's `return`: goes on behind the rule that jumped here; in a base chain, with the policy. */
export function returnToCaller(): Verdict {
  return { statement: 'verdict', verdict: 'return' }
}

/** Goes on with the next rule (NFT_CONTINUE). Of use in verdict maps. */
export function proceed(): Verdict {
  return { statement: 'verdict', verdict: 'continue' }
}

/** Goes through `chain` and comes back. */
export function jump(chain: ChainReference): Verdict {
  return { statement: 'verdict', verdict: 'jump', chain: nameOf(chain) }
}

/** Goes through `chain` and does not come back here. */
export function goto(chain: ChainReference): Verdict {
  return { statement: 'verdict', verdict: 'goto', chain: nameOf(chain) }
}

function nameOf(chain: ChainReference): string {
  const name = typeof chain === 'string' ? chain : chain.name
  checkName('chain', name)
  return name
}

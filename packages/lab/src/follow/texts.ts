import { SystemError } from '@sallyport/linux'
import type { Passage, PassedRule } from './passage.ts'
import type { FollowNode } from './source.ts'

/**
 * The same passages with rules as the nft program writes them, where that is installed. Without it, and for rules that
 * somebody else gave a text for, they stay as they are.
 */
export async function withTexts(
  passages: readonly Passage[],
  nodes: Iterable<FollowNode>,
  isKnown: (node: string, rule: PassedRule) => boolean,
): Promise<Passage[]> {
  const byName = new Map([...nodes].map((node) => [node.name, node]))
  return await Promise.all(
    passages.map(async (passage) => {
      const node = byName.get(passage.node)
      const open = passage.rules.some((rule) => rule.step.type === 'rule' && !isKnown(passage.node, rule))
      const listing = open ? await listingOf(node) : undefined
      if (listing === undefined) return passage
      const read = (rule: PassedRule): PassedRule =>
        isKnown(passage.node, rule) ? rule : { ...rule, text: listing.get(keyOf(rule)) ?? rule.text }
      const { droppedBy } = passage
      return { ...passage, rules: passage.rules.map(read), ...(droppedBy && { droppedBy: read(droppedBy) }) }
    }),
  )
}

/** Rules by table and handle; undefined: there is no nft, or the node cannot run it. */
async function listingOf(node: FollowNode | undefined): Promise<Map<string, string> | undefined> {
  try {
    const outcome = await node?.exec?.('nft', ['-a', 'list', 'ruleset'])
    return outcome?.status === 0 ? parseListing(outcome.stdout) : undefined
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** What `nft -a list ruleset` prints: a line for each rule, its handle behind. */
function parseListing(text: string): Map<string, string> {
  const rules = new Map<string, string>()
  let table = ''
  for (const line of text.split('\n')) {
    const opened = /^table (\S+ \S+) \{/.exec(line)
    if (opened !== null) table = opened[1]!
    const rule = /^\s+(.*[^{\s]) # handle (\d+)$/.exec(line)
    if (rule !== null) rules.set(`${table} ${rule[2]}`, rule[1]!)
  }
  return rules
}

function keyOf({ step: { family, table, handle } }: PassedRule): string {
  return `${family} ${table} ${handle}`
}

function isMissing(error: unknown): boolean {
  return (
    (error instanceof Error && 'code' in error && error.code === 'ENOENT') ||
    (error instanceof SystemError && error.code === 'ENOENT')
  )
}

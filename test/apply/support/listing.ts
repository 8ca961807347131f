import type { LabNode } from '@sallyport/lab'

/** All rules of a node as Debian's nft prints them. `-a` adds the handles. */
export async function ruleset(node: LabNode, ...options: string[]): Promise<string> {
  const { status, stdout, stderr } = await node.exec('nft', [...options, 'list', 'ruleset'])
  if (status !== 0) throw new Error(`nft: ${stderr}`)
  return stdout
}

/**
 * The same in an order of its own: where a chain, or an element of a set with ranges, stands in a listing says only
 * when it was made. Counts are left out.
 */
export async function comparable(node: LabNode): Promise<string> {
  return normalized(await ruleset(node))
}

export function normalized(listing: string): string {
  const blocks = listing.replace(/\n}\n?$/, '').split(/\n\n?(?=\t(?:chain|set|map|counter) )/)
  return blocks
    .map((block) => sortedElements(block.trimEnd()).replaceAll(/packets \d+ bytes \d+/g, 'packets 0 bytes 0'))
    .sort()
    .join('\n')
}

function sortedElements(block: string): string {
  return block.replace(/elements = \{ ([^}]*) \}/, (_, elements: string) => {
    const each = elements.split(',').map((element) => element.trim())
    return `elements = { ${each.sort().join(',\n\t\t\t     ')} }`
  })
}

/** Throws with the first lines that differ: a whole listing is too long to read. */
export function assertSameListing(got: string, want: string, what: string): void {
  if (got === want) return
  const [left, right] = [got.split('\n'), want.split('\n')]
  const at = left.findIndex((line, index) => line !== right[index])
  const around = (lines: readonly string[]): string => lines.slice(Math.max(0, at - 2), at + 6).join('\n')
  throw new Error(`${what}: line ${at + 1} differs\n--- got\n${around(left)}\n--- wanted\n${around(right)}`)
}

/** What a lab tells about itself to who looks from outside. */
export interface Card {
  readonly name: string
  readonly nodes: readonly CardNode[]
}

export interface CardNode {
  readonly name: string
  /** Descriptor of its network namespace in the lab's process: /proc/PID/fd/N. */
  readonly fd: number
}

/** The first line of the file, so that other nameless files are told from ours by their first bytes. */
export const MAGIC = 'sallyport-lab 1\n'

export function encodeCard(card: Card): string {
  return MAGIC + JSON.stringify(card)
}

/** Undefined when it is something else, or half written. */
export function decodeCard(text: string): Card | undefined {
  if (!text.startsWith(MAGIC)) return undefined
  try {
    const card: unknown = JSON.parse(text.slice(MAGIC.length))
    return isCard(card) ? card : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Another user's process may say anything: believed is only what has the right shape. */
function isCard(value: unknown): value is Card {
  if (typeof value !== 'object' || value === null) return false
  const { name, nodes } = value as Partial<Card>
  return typeof name === 'string' && Array.isArray(nodes) && nodes.every(isCardNode)
}

function isCardNode(value: unknown): value is CardNode {
  if (typeof value !== 'object' || value === null) return false
  const { name, fd } = value as Partial<CardNode>
  return typeof name === 'string' && Number.isInteger(fd)
}

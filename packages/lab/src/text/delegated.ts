import { contains } from '../topology/delegations.ts'
import { overlap } from '../topology/subnet.ts'
import { type Node, type Problems, quote } from './document.ts'

/** A router by its name, and what is said about it. */
export interface NamedRouter {
  readonly name: string
  readonly value: Node | undefined
}

/** Modes in which a router has no prefix of its upstream. */
const WITHOUT = ['none', 'nat66']

/** Delegated prefixes of the routers in one network: of who has none, outside of what is in front, or given twice. */
export function checkDelegated(routers: readonly NamedRouter[], inFront: string | undefined, problems: Problems): void {
  const seen: { readonly name: string; readonly prefix: string }[] = []
  for (const { name, value } of routers) {
    const node = value?.get('delegated')
    const prefix = delegatedOf(value)
    if (node === undefined || prefix === undefined) continue
    const other = seen.find((each) => overlap(each.prefix, prefix))
    const mistake = mistakeOf(prefix, { mode: value?.get('ipv6')?.value, inFront, other: other?.name })
    if (mistake !== undefined) problems.add(node.position(), { ...mistake, text: prefix })
    seen.push({ name, prefix })
  }
}

/** What a router says that it has; undefined when it is no prefix, which has been reported where it was read. */
export function delegatedOf(router: Node | undefined): string | undefined {
  const text = router?.get('delegated')?.value
  return typeof text === 'string' && /^[\da-f:.]+\/\d{2}$/i.test(text) && isPrefix(text) ? text : undefined
}

function mistakeOf(
  prefix: string,
  about: { readonly mode: unknown; readonly inFront: string | undefined; readonly other: string | undefined },
): { readonly problem: string; readonly hint: string } | undefined {
  const { mode, inFront, other } = about
  if (WITHOUT.includes(String(mode)))
    return { problem: `with "ipv6: ${mode}" a router needs no delegated prefix`, hint: 'leave one of them out' }
  if (inFront !== undefined && !contains(inFront, prefix)) {
    const hint = 'write a piece of that, or leave it out'
    return { problem: `${prefix} is not in ${inFront}, which the router in front of it has`, hint }
  }
  if (other === undefined) return undefined
  const problem = `${prefix} overlaps with the prefix of ${quote(other)}`
  return { problem, hint: 'give each router a prefix of its own, or leave it out' }
}

function isPrefix(text: string): boolean {
  try {
    return contains('::/0', text)
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

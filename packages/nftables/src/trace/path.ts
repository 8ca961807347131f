import type { Family } from '../expr/index.ts'
import type { Hook, KernelChain } from '../messages/index.ts'
import type { TraceMessage } from './message.ts'

/** Where a packet can get after each hook. */
const onward: Readonly<Record<Hook, readonly Hook[]>> = {
  ingress: ['prerouting', 'input', 'forward', 'output', 'postrouting', 'egress'],
  prerouting: ['input', 'forward', 'output', 'postrouting', 'egress'],
  input: [],
  forward: ['postrouting', 'egress'],
  output: ['postrouting', 'egress'],
  postrouting: ['egress'],
  egress: [],
}

/** What sees no packet of a family: bridge and netdev see all, until one is in a stack above them. */
const others: Readonly<Partial<Record<Family, readonly Family[]>>> = {
  ip: ['ip6', 'arp'],
  ip6: ['ip', 'arp'],
  arp: ['ip', 'ip6', 'inet'],
}

/** The base chains of a ruleset, as a packet meets them. */
export class Path {
  readonly #base: readonly KernelChain[]

  constructor(chains: readonly KernelChain[]) {
    this.#base = chains.filter((chain) => chain.hook !== undefined)
  }

  /** Is there a chain that can see the packet after the last of these steps? True when in doubt. */
  goesOn(steps: readonly TraceMessage[]): boolean {
    const seen = steps.map((step) => this.#chainOf(step)).filter((chain) => chain !== undefined)
    const now = seen.at(-1)
    if (now === undefined) return true
    const never = others[steps.at(-1)!.family] ?? []
    return this.#base.some((next) => !never.includes(next.family) && !seen.includes(next) && isBehind(next, now))
  }

  #chainOf({ family, table, chain }: TraceMessage): KernelChain | undefined {
    return this.#base.find((each) => each.name === chain && each.table === table && each.family === family)
  }
}

/** A bridge hands over to the stack above it, and that to a bridge, at any point. */
function isBehind(next: KernelChain, now: KernelChain): boolean {
  const [from, to] = [now.hook!, next.hook!]
  if ((now.family === 'bridge') !== (next.family === 'bridge')) return true
  const known: Readonly<Record<string, readonly string[]>> = onward
  if (known[from.hook]?.includes(to.hook) ?? true) return true // a hook of the future: in doubt
  return from.hook === to.hook && to.priority >= from.priority
}

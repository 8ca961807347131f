import { inPlace, ModelError } from './error.ts'
import { checkComment, checkName } from './identifier.ts'
import { type Comment, type Rule, rule } from './rule.ts'
import type { Statement } from './statement.ts'

export type Hook = 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting' | 'ingress' | 'egress'
export type ChainType = 'filter' | 'nat' | 'route'

/** Standard priorities of ip, ip6 and inet (NF_IP_PRI_* of linux/netfilter_ipv4.h). */
export const priorities = { raw: -300, mangle: -150, dstnat: -100, filter: 0, security: 50, srcnat: 100 } as const
export type PriorityName = keyof typeof priorities

/** Where packets come into a chain by themselves. */
export interface BaseChain {
  /** Default: `filter`. */
  readonly type?: ChainType
  readonly hook: Hook
  /** The lower, the earlier. Default: 0 (`filter`). */
  readonly priority?: number | PriorityName
  /** For packets that no rule decided about. Default: `accept`. */
  readonly policy?: 'accept' | 'drop'
  /** For `ingress` and `egress`: interfaces. */
  readonly devices?: readonly string[]
  readonly comment?: string
}

export type ChainOptions = BaseChain | { readonly comment?: string }

export interface ParsedBase {
  readonly type: ChainType
  readonly hook: Hook
  readonly priority: number
  readonly policy: 'accept' | 'drop'
  readonly devices: readonly string[]
}

/** Rules that are gone through in order. Made by `table.chain(…)`. */
export class Chain {
  readonly name: string
  /** Absent: only `jump` and `goto` lead here. */
  readonly base: ParsedBase | undefined
  readonly comment: string | undefined
  readonly #rules: Rule[] = []
  readonly #onRule: ((chain: Chain, rule: Rule) => void) | undefined

  /** `onRule` is told of every rule that is appended. */
  constructor(name: string, options: ChainOptions = {}, onRule?: (chain: Chain, rule: Rule) => void) {
    checkName('chain', name)
    if (options.comment !== undefined) checkComment(options.comment)
    this.name = name
    this.base = 'hook' in options ? parseBase(options) : undefined
    this.comment = options.comment
    this.#onRule = onRule
  }

  get rules(): readonly Rule[] {
    return this.#rules
  }

  /** Appends a rule. Returns the chain, so that rules can follow one another. */
  rule(...parts: readonly (Statement | Comment)[]): this {
    const made = inPlace(`chain ${this.name}, rule ${this.#rules.length + 1}`, () => rule(...parts))
    this.#rules.push(made)
    this.#onRule?.(this, made)
    return this
  }
}

/** Hooks that a chain of each type can have in ip, ip6 and inet tables. */
const hooks: Readonly<Record<ChainType, readonly Hook[]>> = {
  filter: ['prerouting', 'input', 'forward', 'output', 'postrouting', 'ingress', 'egress'],
  nat: ['prerouting', 'input', 'output', 'postrouting'],
  route: ['output'],
}

function parseBase({ type = 'filter', hook, priority = 0, policy = 'accept', devices = [] }: BaseChain): ParsedBase {
  const allowed = hooks[type]
  if (allowed === undefined) throw new ModelError(`'${type}' is no chain type`, 'use filter, nat or route')
  if (!allowed.includes(hook))
    throw new ModelError(`a ${type} chain has no hook '${hook}'`, `use ${allowed.join(', ')}`)
  const number = typeof priority === 'string' ? priorities[priority] : priority
  if (!Number.isInteger(number))
    throw new ModelError(`'${priority}' is no priority`, Object.keys(priorities).join(', '))
  if (type === 'nat' && number <= -200) {
    throw new ModelError(`a nat chain at priority ${number}`, 'connection tracking comes at -200, NAT after it')
  }
  return { type, hook, priority: number, policy, devices }
}

import {
  type Codec,
  Connection,
  NETLINK_NETFILTER,
  type NetworkNamespace,
  openNetlink,
  Writer,
  writeMessage,
} from '@sallyport/linux'
import type { Expression } from '../../src/expr/index.ts'
import {
  chainMessage,
  elementsMessage,
  type KernelChain,
  type KernelElement,
  type KernelElements,
  type KernelObject,
  type KernelRule,
  type KernelSet,
  type KernelTable,
  type MessageName,
  nlmsgType,
  objectMessage,
  ruleMessage,
  setMessage,
  tableMessage,
} from '../../src/messages/index.ts'
import type { Dumped } from './raw.ts'

const REQUEST = 1
const CREATE = 0x400
const APPEND = 0x800
const NFNL_MSG_BATCH_BEGIN = 0x10
const NFNL_MSG_BATCH_END = 0x11

interface Outgoing {
  readonly type: number
  readonly flags: number
  readonly body: Uint8Array
}

/** Sends everything that was dumped, as new, in one batch; throws what the kernel refuses. */
export function resend(dumped: readonly Dumped[], namespace: NetworkNamespace): void {
  using connection = new Connection(openNetlink(NETLINK_NETFILTER, { namespace }))
  const messages = [edge(NFNL_MSG_BATCH_BEGIN), ...asNew(dumped), edge(NFNL_MSG_BATCH_END)]
  const first = connection.sequences(messages.length)
  const out = new Writer()
  for (const [index, message] of messages.entries()) writeMessage(out, { ...message, sequence: first + index })
  const { errors } = connection.exchange(out.finish())
  if (errors.length > 0) {
    const [{ sequence, errno }] = errors as [{ sequence: number; errno: number }]
    throw new Error(
      `message ${sequence - first}, errno ${errno}: ${Buffer.from(messages[sequence - first]!.body).toString('latin1')}`,
    )
  }
}

function edge(type: number): Outgoing {
  return { type, flags: REQUEST, body: Uint8Array.of(0, 0, 0, 10) } // nfgenmsg: NFNL_SUBSYS_NFTABLES as resource
}

const add = <T>(name: MessageName, codec: Codec<T>, value: T, flags = 0): Outgoing => ({
  type: nlmsgType(name),
  flags: REQUEST | CREATE | flags,
  body: codec.encode(value, { afresh: true }),
})

function asNew(dumped: readonly Dumped[]): Outgoing[] {
  const of = <T>(kind: string): T[] =>
    dumped.filter((each) => each.kind === kind).map(({ codec, body }) => codec.decode(body) as T)
  const names = new Names(of<KernelSet>('set'), of<KernelChain>('chain'))
  const rules = of<KernelRule>('rule').map((rule) => names.rule(rule))
  return [
    ...of<KernelTable>('table').map(({ handle: _, use: __, ...table }) => add('newtable', tableMessage, table)),
    ...of<KernelChain>('chain').map((chain) => add('newchain', chainMessage, names.chain(chain))),
    ...of<KernelObject>('object').map(({ handle: _, use: __, ...object }) => add('newobj', objectMessage, object)),
    ...of<KernelSet>('set').map((set) => add('newset', setMessage, names.set(set))),
    // Every dump of a set ends with a message that has none.
    ...of<KernelElements>('elements')
      .filter(({ elements }) => elements.length > 0)
      .map((list) => add('newsetelem', elementsMessage, names.elements(list))),
    // A chain that a rule has jumped to as its own takes no more rules.
    ...rules
      .toSorted((a, b) => Number(b.chain === '__chain%d') - Number(a.chain === '__chain%d'))
      .map((rule) => add('newrule', ruleMessage, rule, APPEND)),
  ]
}

/** Numbers instead of names for what has names of the kernel's own: anonymous sets, chains that belong to a rule. */
class Names {
  readonly #sets: ReadonlyMap<string, { id: number; anonymous: boolean }>
  readonly #chains: ReadonlyMap<string, number>

  constructor(sets: readonly KernelSet[], chains: readonly KernelChain[]) {
    this.#sets = new Map(
      sets.map((set, index) => [path(set, set.name), { id: index + 1, anonymous: set.flags.includes('anonymous') }]),
    )
    const bound = chains.filter(({ flags }) => flags?.includes('binding'))
    this.#chains = new Map(bound.map((chain, index) => [path(chain, chain.name), index + 1]))
  }

  set({ handle: _, count: __, backend: ___, ...set }: KernelSet): KernelSet {
    const { id, anonymous } = this.#sets.get(path(set, set.name))!
    return { ...set, id, ...(anonymous && { name: set.flags.includes('map') ? '__map%d' : '__set%d' }) }
  }

  chain({ handle: _, use: __, ...chain }: KernelChain): KernelChain {
    const id = this.#chains.get(path(chain, chain.name))
    return id === undefined ? chain : { ...chain, name: '__chain%d', id }
  }

  elements(list: KernelElements): KernelElements {
    const { id } = this.#sets.get(path(list, list.set))!
    return { ...list, setId: id, elements: list.elements.map(withoutTimeoutOfEnd) }
  }

  rule({ handle: _, position: __, ...rule }: KernelRule): KernelRule {
    const chainId = this.#chains.get(path(rule, rule.chain))
    const expressions = rule.expressions.map((each) => this.#expression(rule, each))
    const compat = compatOf(rule)
    const named = chainId === undefined ? rule : { ...rule, chain: '__chain%d', chainId }
    return { ...named, expressions, ...(compat && { compat }) }
  }

  #expression(rule: KernelRule, each: Expression): Expression {
    if (each.expr === 'lookup') {
      const set = this.#sets.get(path(rule, each.set))
      return set?.anonymous ? { ...each, setId: set.id } : each
    }
    if (each.expr !== 'immediate' || each.data.verdict?.chain === undefined) return each
    const chainId = this.#chains.get(path(rule, each.data.verdict.chain))
    return chainId === undefined ? each : { ...each, data: { verdict: { code: each.data.verdict.code, chainId } } }
  }
}

/** The kernel dumps a timeout of 0 with the end of an interval, and refuses it there. */
function withoutTimeoutOfEnd(element: KernelElement): KernelElement {
  const { timeout: _, ...rest } = element
  return element.flags?.includes('interval_end') ? rest : element
}

function path({ family, table }: { family: string; table: string }, name: string): string {
  return `${family} ${table} ${name}`
}

/** The kernel forgets the protocol that extensions of x_tables ask for: it's in the rule's own comparison. */
function compatOf({ expressions }: KernelRule): KernelRule['compat'] {
  if (!expressions.some(({ expr }) => expr === 'match' || expr === 'target')) return undefined
  const at = expressions.findIndex(
    (each) =>
      (each.expr === 'payload' && each.base === 'network' && each.offset === 9 && each.len === 1) ||
      (each.expr === 'meta' && each.key === 'l4proto'),
  )
  const cmp = expressions[at + 1]
  if (at === -1 || cmp?.expr !== 'cmp') return undefined
  return { proto: cmp.data.value![0]!, flags: cmp.op === 'neq' ? 2 : 0 }
}

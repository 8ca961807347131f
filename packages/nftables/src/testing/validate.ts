import { EOPNOTSUPP } from '@sallyport/linux'
import { ELOOP, EMLINK } from './errno.ts'
import { attributeOf, type Expr } from './expressions.ts'
import { Refusal } from './refusal.ts'
import { HOOK, NFPROTO } from './uapi.ts'
import { type Base, type Chain, type Element, elementsOf, inOrder, type Table } from './world.ts'

// What can only be said of a table as a whole: how deep its jumps go, and from which hooks expressions are reached.

const MOST_LEVELS = 16 // NFT_JUMP_STACK_SIZE

/** nft_table_validate(): throws Refusal. Chains that no base chain leads to are not looked at. */
export function validateTable(table: Table): void {
  for (const chain of inOrder(table.chains)) if (chain.base !== undefined) validateChain(chain, chain.base, 0)
}

function validateChain(chain: Chain, base: Base, level: number): void {
  if (level === MOST_LEVELS) throw new Refusal(EMLINK)
  for (const { expressions } of chain.rules) {
    for (const expression of expressions) {
      checkHook(expression, chain.table.family, base)
      for (const target of targetsOf(expression)) validateChain(target, base, level + 1)
    }
  }
}

function* targetsOf({ verdict, set, maps }: Expr): Generator<Chain> {
  if (verdict?.chain !== undefined) yield verdict.chain
  if (set === undefined || !maps) return
  for (const element of elementsOf(set)) {
    const chain = chainOf(element)
    if (chain !== undefined) yield chain
  }
}

function chainOf({ data }: Element): Chain | undefined {
  return data !== undefined && 'verdict' in data ? data.verdict.chain : undefined
}

/** nf_tables_check_loops() of kernels before 6.11: may `from` jump to where this expression leads? */
export function closesLoop(from: Chain, expression: Expr): void {
  for (const target of targetsOf(expression)) {
    if (leadsTo(target, from, new Set())) throw new Refusal(ELOOP)
  }
}

function leadsTo(chain: Chain, wanted: Chain, seen: Set<Chain>): boolean {
  if (chain === wanted) return true
  if (seen.has(chain)) return false
  seen.add(chain)
  return chain.rules.some(({ expressions }) =>
    expressions.some((each) => [...targetsOf(each)].some((target) => leadsTo(target, wanted, seen))),
  )
}

/** Expressions that have a place where they belong. */
export function needsValidation({ name }: Expr): boolean {
  return name === 'immediate' || name in places
}

const { PREROUTING, INPUT, FORWARD, OUTPUT, POSTROUTING, INGRESS } = HOOK
const NFT_NAT_SNAT = 0
const NFTA_FIB_F_IIF = 8
const NFTA_FIB_F_OIF = 16
const NFT_FIB_RESULT_ADDRTYPE = 3
const NFT_RT_TCPMSS = 3

interface Place {
  readonly type?: string
  readonly hooks?: readonly number[]
}

const ipFamilies: ReadonlySet<number> = new Set([NFPROTO.INET, NFPROTO.IPV4, NFPROTO.IPV6])

const places: Readonly<Record<string, (expression: Expr, family: number) => Place>> = {
  nat: (each) => ({
    type: 'nat',
    hooks: attributeOf(each, 1) === NFT_NAT_SNAT ? [POSTROUTING, INPUT] : [PREROUTING, OUTPUT],
  }),
  masq: () => ({ type: 'nat', hooks: [POSTROUTING] }),
  redir: () => ({ type: 'nat', hooks: [PREROUTING, OUTPUT] }),
  reject: (_, family) => ({ hooks: rejectHooks(family) }),
  tproxy: () => ({ hooks: [PREROUTING] }),
  synproxy: () => ({ hooks: [INPUT, FORWARD] }),
  flow_offload: () => ({ hooks: [FORWARD] }),
  socket: () => ({ hooks: [PREROUTING, INPUT, OUTPUT] }),
  rt: (each) => (attributeOf(each, 2) === NFT_RT_TCPMSS ? { hooks: [FORWARD, OUTPUT, POSTROUTING] } : {}),
  fib: (each) => fibPlace(attributeOf(each, 2)!, attributeOf(each, 3)!),
}

function rejectHooks(family: number): readonly number[] {
  if (family === NFPROTO.NETDEV) return [0]
  if (family === NFPROTO.BRIDGE) return [PREROUTING, INPUT]
  const ip = [INPUT, FORWARD, OUTPUT, PREROUTING]
  return family === NFPROTO.INET ? [...ip, INGRESS] : ip
}

function fibPlace(result: number, flags: number): Place {
  if (result !== NFT_FIB_RESULT_ADDRTYPE) {
    return { hooks: [PREROUTING, ...((flags & NFTA_FIB_F_IIF) === 0 ? [] : [INPUT, FORWARD])] }
  }
  if ((flags & NFTA_FIB_F_IIF) !== 0) return { hooks: [PREROUTING, INPUT, FORWARD] }
  return (flags & NFTA_FIB_F_OIF) === 0 ? {} : { hooks: [OUTPUT, POSTROUTING, FORWARD] }
}

function checkHook(expression: Expr, family: number, base: Base): void {
  const place = places[expression.name]?.(expression, family)
  if (place === undefined) return
  if (!ipFamilies.has(family) && expression.name !== 'reject') return
  const wrongType = place.type !== undefined && base.type !== place.type
  const wrongHook = place.hooks !== undefined && !place.hooks.includes(base.hook)
  if (wrongType || wrongHook) throw new Refusal(EOPNOTSUPP)
}

import { u32be } from '@sallyport/linux'
import { u32Bytes, u64Bytes } from './fill.ts'

/** How the kernel dumps an expression: what it adds, leaves out and rewrites of what it was told. */
export interface Form {
  /** Attribute types in the order of the dump; others are left out. Absent: all, as they came. */
  readonly order?: readonly number[]
  /** What it refuses to be without (EINVAL). */
  readonly needs?: readonly number[]
  /** What it says when it was not told. */
  readonly defaults?: Readonly<Record<number, Uint8Array>>
  /** Said to be the same as another attribute, when that is there. */
  readonly copies?: Readonly<Record<number, number>>
  /** Left out when zero. */
  readonly optional?: readonly number[]
  readonly registers?: readonly number[]
  /** What it counts, set to zero by a reset. */
  readonly state?: readonly number[]
}

const none = u32Bytes(0)
const none64 = u64Bytes(0n)

/** Expressions (and objects, which have the same attributes) that are not simply dumped as they came. */
export const forms: Readonly<Record<string, Form>> = {
  bitwise: { order: [1, 2, 3, 6, 4, 5, 7], needs: [1, 2, 3], defaults: { 6: none }, registers: [1, 2] },
  byteorder: { needs: [1, 2, 3, 4, 5], registers: [1, 2] },
  cmp: { needs: [1, 2, 3], registers: [1] },
  connlimit: { order: [1, 2], needs: [1], optional: [2] },
  counter: { order: [1, 2], defaults: { 1: none64, 2: none64 }, state: [1, 2] },
  ct: { needs: [2], registers: [1, 4] },
  dynset: { order: [4, 5, 3, 1, 6, 7, 10, 9], needs: [1, 3, 4], defaults: { 9: none }, registers: [4, 5] },
  exthdr: { registers: [1, 7] },
  fib: { needs: [1, 2, 3], registers: [1] },
  hash: { registers: [1, 2] },
  immediate: { order: [1, 2], needs: [1, 2], registers: [1] },
  last: { order: [1, 2], defaults: { 1: none, 2: none64 }, state: [1, 2] },
  limit: { order: [1, 2, 3, 4, 5], needs: [1, 2], defaults: { 3: none, 4: none, 5: none } },
  lookup: { order: [1, 2, 3, 5], needs: [1, 2], defaults: { 5: none }, registers: [2, 3] },
  masq: { order: [1, 2, 3], copies: { 3: 2 }, optional: [1], registers: [2, 3] },
  meta: { order: [2, 1, 3], needs: [2], registers: [1, 3] },
  nat: { order: [1, 2, 3, 4, 5, 6, 7], needs: [1, 2], copies: { 4: 3, 6: 5 }, optional: [7], registers: [3, 4, 5, 6] },
  numgen: { registers: [1] },
  objref: { order: [1, 2, 3, 4], registers: [3] },
  payload: { needs: [2, 3, 4], registers: [1, 5] },
  quota: { order: [1, 4, 2], needs: [1], defaults: { 2: none, 4: none64 }, state: [4] },
  range: { needs: [1, 2, 3, 4], registers: [1] },
  redir: { order: [1, 2, 3], copies: { 2: 1 }, optional: [3], registers: [1, 2] },
  reject: { needs: [1] },
  rt: { needs: [1, 2], registers: [1] },
  tproxy: { needs: [1], registers: [2, 3] },
}

/** Expressions that elements of sets may carry (NFT_EXPR_STATEFUL). */
export const stateful: ReadonlySet<string> = new Set(['counter', 'limit', 'quota', 'connlimit', 'last'])

/** The names that a kernel with all its modules knows. */
export const names: ReadonlySet<string> = new Set([
  ...Object.keys(forms),
  ...['dup', 'flow_offload', 'fwd', 'inner', 'log', 'match', 'notrack', 'osf', 'queue', 'socket', 'synproxy'],
  ...['target', 'tunnel', 'xfrm'],
])

const PACKET_BURST = u32Bytes(5) // NFT_LIMIT_PKT_BURST_DEFAULT of net/netfilter/nft_limit.c

/** The attributes of an expression or object in the kernel's form. */
export function inForm(name: string, sent: ReadonlyMap<number, Uint8Array>): Map<number, Uint8Array> {
  const form = forms[name]
  if (form === undefined) return new Map(sent)
  const all = new Map(sent)
  for (const [type, value] of Object.entries(form.defaults ?? {}))
    if (!all.has(Number(type))) all.set(Number(type), value)
  for (const [type, from] of Object.entries(form.copies ?? {})) {
    const value = all.get(from)
    if (value !== undefined && !all.has(Number(type))) all.set(Number(type), value)
  }
  for (const type of form.optional ?? []) if (all.get(type)?.every((byte) => byte === 0)) all.delete(type)
  for (const type of form.registers ?? []) shorten(all, type)
  if (name === 'limit') addBurst(all)
  return form.order === undefined ? all : inOrder(all, form.order)
}

function inOrder(all: ReadonlyMap<number, Uint8Array>, order: readonly number[]): Map<number, Uint8Array> {
  return new Map(order.flatMap((type) => (all.has(type) ? [[type, all.get(type)!] as const] : [])))
}

/** NFT_REG32_00, _04, _08 and _12 are dumped as NFT_REG_1 to 4. */
function shorten(all: Map<number, Uint8Array>, type: number): void {
  const bytes = all.get(type)
  if (bytes === undefined) return
  const register = u32be.read(bytes)
  if (register >= 8 && register % 4 === 0) all.set(type, u32Bytes(register / 4 - 1))
}

function addBurst(all: Map<number, Uint8Array>): void {
  const packets = u32be.read(all.get(4)!) === 0
  if (packets && u32be.read(all.get(3)!) === 0) all.set(3, PACKET_BURST)
}

/** The same after a reset. */
export function withoutState(name: string, data: ReadonlyMap<number, Uint8Array>): Map<number, Uint8Array> {
  const state = forms[name]?.state ?? []
  return new Map([...data].map(([type, bytes]) => [type, state.includes(type) ? new Uint8Array(bytes.length) : bytes]))
}

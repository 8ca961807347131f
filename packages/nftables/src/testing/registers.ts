import type { Attributes } from './attributes.ts'
import { ENODATA } from './errno.ts'
import type { Expr } from './expressions.ts'
import { Refusal } from './refusal.ts'
import { NFTA_DATA } from './uapi.ts'

/** Which attributes of an expression name registers that it reads, and that it writes. */
interface Use {
  readonly reads?: readonly number[]
  readonly writes?: number
  /** Attribute with the number of bytes that are written. */
  readonly length?: number
}

const uses: Readonly<Record<string, Use>> = {
  bitwise: { reads: [1], writes: 2, length: 3 },
  byteorder: { reads: [1], writes: 2, length: 4 },
  cmp: { reads: [1] },
  ct: { reads: [4], writes: 1 },
  dynset: { reads: [4, 5] },
  exthdr: { reads: [7], writes: 1, length: 4 },
  fib: { writes: 1 },
  hash: { reads: [1], writes: 2 },
  immediate: { writes: 1 },
  lookup: { reads: [2], writes: 3 },
  masq: { reads: [2, 3] },
  meta: { reads: [3], writes: 1 },
  nat: { reads: [3, 4, 5, 6] },
  numgen: { writes: 1 },
  objref: { reads: [3] },
  osf: { writes: 1 },
  payload: { reads: [5], writes: 1, length: 4 },
  range: { reads: [1] },
  redir: { reads: [1, 2] },
  rt: { writes: 1 },
  socket: { writes: 2 },
  tproxy: { reads: [2, 3] },
  tunnel: { writes: 2 },
  xfrm: { writes: 1 },
}

/** Of what has no length attribute: the kernel knows it, this does not. */
const UNKNOWN_LENGTH = 16

/** The registers of four bytes that a rule has written so far. What it has not written it must not read: ENODATA. */
export class Registers {
  readonly #written: Set<number> = new Set()

  pass(expression: Expr, given: Attributes): void {
    const { reads = [], writes, length } = uses[expression.name] ?? {}
    for (const type of reads) {
      const first = firstOf(given.u32(type))
      if (first !== undefined && !this.#written.has(first)) throw new Refusal(ENODATA)
    }
    const first = writes === undefined ? undefined : firstOf(given.u32(writes))
    if (first === undefined) return
    const bytes = lengthOf(expression, given, length)
    for (let at = 0; at * 4 < bytes; at++) this.#written.add(first + at)
  }
}

/** NFT_REG_1 to 4 have sixteen bytes each, NFT_REG32_00 and so on four; the verdict has a register of its own. */
function firstOf(register: number | undefined): number | undefined {
  if (register === undefined || register === 0) return undefined
  return register <= 4 ? (register - 1) * 4 : register - 8
}

function lengthOf({ name, set }: Expr, given: Attributes, length: number | undefined): number {
  if (name === 'lookup' && set !== undefined) return set.dataLen
  if (name === 'immediate') return given.nest(2)?.at(NFTA_DATA.VALUE)?.bytes.length ?? UNKNOWN_LENGTH
  return (length === undefined ? undefined : given.u32(length)) ?? UNKNOWN_LENGTH
}

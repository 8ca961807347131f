import type { KernelElement, KernelSet, StatefulExpression } from '@sallyport/nftables'
import type { PresentSet } from './desired.ts'

/**
 * What was learned outlives a changed timeout or size: the elements that a replaced set begins with. Each keeps the
 * time it had left, at most the new timeout; when the new size is smaller, those that were used last stay.
 */
export function carriedOver(set: KernelSet, old: PresentSet): KernelElement[] {
  if (!sameKind(set, old.set)) return []
  const most = set.timeout ?? 0n
  const left = ({ expiration = 0n }: KernelElement): bigint => expiration
  return old.elements
    .filter((element) => left(element) > 0n)
    .sort((a, b) => Number(left(b) - left(a)))
    .slice(0, set.size ?? old.elements.length)
    .map(({ timeout: _, expressions, ...element }) => ({
      ...element,
      expiration: left(element) < most ? left(element) : most, // the kernel refuses more: ERANGE
      ...(expressions && { expressions: expressions.map(withState) }),
    }))
}

/** The same keys, values and purpose; times and sizes may differ. */
function sameKind(a: KernelSet, b: KernelSet): boolean {
  const kind = ({ flags, keyType, keyLen, dataType = 0, dataLen = 0 }: KernelSet): string =>
    JSON.stringify([[...flags].sort(), keyType, keyLen, dataType, dataLen])
  return kind(a) === kind(b)
}

/**
 * A limit cannot be given how much of it is used up: as it was, it would let one more packet pass, and a second host
 * could claim a port that is somebody's. It becomes one that lets nothing pass, until its element times out.
 */
function withState(expression: StatefulExpression): StatefulExpression {
  return expression.expr === 'limit' ? SPENT : expression
}

/** Passes only packets over a rate of one each nanosecond: none. */
const SPENT: StatefulExpression = {
  expr: 'limit',
  rate: 1_000_000_000n,
  unit: 1n,
  burst: 1_000_000,
  type: 'pkts',
  flags: ['inv'],
}

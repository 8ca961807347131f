import { Conntrack, type Flow, type NetworkNamespace } from '@sallyport/linux'
import { Batch, connect, type KernelElement, type KernelSet, type Nftables } from '@sallyport/nftables'

/**
 * Lets time pass for a NAT in an instant: what would have ended after so many seconds without a packet is forgotten,
 * flows of conntrack and elements of sets alike. What would still be there stays as it is.
 */
export function age(namespace: NetworkNamespace, seconds: number): void {
  using conntrack = Conntrack.open({ namespace })
  for (const flow of conntrack.list()) if ((flow.timeout ?? 0) < seconds) conntrack.delete(flow)
  using nftables = connect({ namespace })
  const batch = new Batch()
  for (const set of timedSets(nftables)) {
    const dead = nftables.elements(set).filter((element) => (remaining(element) ?? seconds) < seconds)
    const elements = dead.map(({ key, keyEnd }) => ({ ...(key && { key }), ...(keyEnd && { keyEnd }) }))
    if (elements.length > 0) batch.delete('elements', { family: set.family, table: set.table, set: set.name, elements })
  }
  nftables.commit(batch)
}

/** How many seconds everything that a NAT remembers has left, each number once, the largest first. */
export function timesLeft(namespace: NetworkNamespace): number[] {
  using nftables = connect({ namespace })
  const elements = timedSets(nftables).flatMap((set) => nftables.elements(set).map(remaining))
  const flows = listFlows(namespace).map(({ timeout }) => timeout)
  const known = [...elements, ...flows].filter((seconds) => seconds !== undefined)
  return [...new Set(known.map(Math.ceil))].sort((a, b) => b - a)
}

export function listFlows(namespace: NetworkNamespace): Flow[] {
  using conntrack = Conntrack.open({ namespace })
  return conntrack.list()
}

function timedSets(nftables: Nftables): KernelSet[] {
  return nftables.sets().filter(({ flags }) => flags.includes('timeout') && !flags.includes('anonymous'))
}

/** Seconds; undefined for an element that stays. */
function remaining({ expiration }: KernelElement): number | undefined {
  return expiration === undefined ? undefined : Number(expiration) / 1000
}

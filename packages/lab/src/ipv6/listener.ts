import { inPrefix, type LinkAddress, type NetworkNamespace, parsePrefix, Route, SystemError } from '@sallyport/linux'

/** A host that makes its addresses of what a router advertises. */
export interface Listener {
  readonly name: string
  readonly namespace: NetworkNamespace
  /** Its interface there. */
  readonly link: string
}

/** What a router wants to be known of its LAN. */
export interface News {
  /** Addresses of this one are used: '2001:db8:1::/64'; undefined: of none. */
  readonly current?: string | undefined
  /** Addresses of these, if there are any, are used for nothing new. */
  readonly former: readonly string[]
}

/**
 * Resolves with whether a host has heard the news within so many milliseconds: it has an address of the current prefix,
 * and those of former ones are deprecated, as the kernel finds on a worker of its own some time after the advertisement.
 */
export async function heard({ namespace, link }: Listener, news: News, timeoutMs: number): Promise<boolean> {
  using route = Route.open({ namespace })
  const ask = (all: readonly LinkAddress[]): true | undefined =>
    knows(
      all.filter((each) => each.link === link),
      news,
    ) || undefined
  try {
    return await route.untilAddresses(ask, timeoutMs)
  } catch (error) {
    if (error instanceof SystemError && error.code === 'ETIMEDOUT') return false
    throw error
  }
}

function knows(addresses: readonly LinkAddress[], { current, former }: News): boolean {
  const has = addresses.some((each) => each.usable && !each.deprecated && current !== undefined && isIn(current, each))
  const stale = addresses.some((each) => !each.deprecated && former.some((prefix) => isIn(prefix, each)))
  return (has || current === undefined) && !stale
}

function isIn(prefix: string, { address }: LinkAddress): boolean {
  return inPrefix(parsePrefix(prefix), parsePrefix(address))
}

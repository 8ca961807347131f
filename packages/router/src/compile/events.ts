import { limit, log, type RateInput, type Statement } from '@sallyport/nftables'

/** The nflog group of our rules (nft: `log group`). */
export const LOG_GROUP = 64

/** What our rules report, by the prefix that they log with. */
export const eventPrefixes = {
  /** A host got an external port. */
  open: 'sallyport open ',
  /** A host got the external port of another one's idle mapping. */
  takeover: 'sallyport takeover ',
  /** Two hosts wanted one port at the same moment: this one's first packet was dropped, its next one maps anew. */
  refused: 'sallyport refused ',
  /** A host has as many open ports as it may: this packet left without opening one. Once a minute for each host. */
  limit: 'sallyport limit ',
} as const
export type EventName = keyof typeof eventPrefixes

/** Logs the packet, at most a thousand a second. `group`: over nflog, since a namespace has no kernel log. */
export function eventLog(name: EventName): Statement[] {
  return [limit({ packets: 1000, per: 'second', burst: 1000 }), logEvent(name)]
}

export function logEvent(name: EventName): Statement {
  return log({ prefix: eventPrefixes[name], group: LOG_GROUP })
}

/** An element that carries this limit lets one packet pass in its life: a test-and-set that the kernel makes atomic. */
export const ONCE: { readonly limit: RateInput } = { limit: { packets: 1, per: 'week', burst: 1 } }

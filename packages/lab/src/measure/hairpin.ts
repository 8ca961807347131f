import { type Endpoint, sameEndpoint } from '../traffic/endpoint.ts'
import type { Mailbox } from '../traffic/mailbox.ts'

/** RFC 4787 REQ-9: whether inside hosts reach each other at their external endpoints, and whom they see then. */
export type Hairpin = 'external-source' | 'internal-source' | 'other-source' | 'none'

/** One host with its endpoints on both sides of the NAT. */
export interface Seen {
  readonly box: Mailbox
  readonly local: Endpoint
  readonly external: Endpoint
  /** The NAT maps every destination anew: inside hosts see another port of the external address. Default: false. */
  readonly anyPort?: boolean
}

/** `from` writes to the external endpoint of `to`; repeated, since the first packet may open the way only. */
export async function hairpinBetween(from: Seen, to: Seen, rounds = 3, within = 150): Promise<Hairpin> {
  for (let round = 0; round < rounds; round += 1) {
    const text = `hairpin ${from.local.address} ${round}`
    await from.box.send(text, to.external)
    const letter = await to.box.tryReceive({ text, within })
    if (letter !== undefined) return sourceKind(letter.from, from)
  }
  return 'none'
}

function sourceKind(source: Endpoint, from: Seen): Hairpin {
  if (sameEndpoint(source, from.external)) return 'external-source'
  if (from.anyPort && source.address === from.external.address) return 'external-source'
  return sameEndpoint(source, from.local) ? 'internal-source' : 'other-source'
}

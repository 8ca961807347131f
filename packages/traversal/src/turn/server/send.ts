import { data, dontFragment, type Endpoint, type Message, xorPeerAddress } from '../../stun/index.ts'
import type { Allocation } from './allocation.ts'
import type { Client } from './client.ts'
import { peerOf } from './peers.ts'
import type { TurnServer } from './server.ts'

/** Send (RFC 8656 section 11.2): an indication, so what is not allowed is dropped without a word. */
export function send(server: TurnServer, allocation: Allocation, message: Message, now: number): void {
  const named = message.get(xorPeerAddress)
  const payload = message.get(data)
  if (named === undefined || payload === undefined || allocation.protocol !== 'udp') return
  const peer = peerOf(server, allocation, named)
  if (typeof peer === 'number' || !allocation.permits(peer.address, now)) return
  const relay = allocation.relay(peer.address.includes(':') ? 6 : 4)!
  server.options.relays.send(
    relay,
    peer,
    payload,
    message.has(dontFragment) && countsForbidding(allocation.client, peer),
  )
}

/**
 * From UDP to UDP, DONT-FRAGMENT counts with IPv4 on both sides alone: where either is IPv6 it has to be ignored (RFC
 * 8656 sections 13.1 to 13.3). From a stream it always counts (section 15).
 */
function countsForbidding({ transport, remote }: Client, peer: Endpoint): boolean {
  return transport !== 'udp' || !(remote.address.includes(':') || peer.address.includes(':'))
}

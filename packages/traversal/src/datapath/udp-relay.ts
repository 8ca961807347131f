import { setDontFragment } from '@sallyport/linux'
import type { Endpoint } from '../stun/index.ts'
import type { Allocation, Channel, Relay } from '../turn/server/index.ts'
import { AddressTable } from './address-table.ts'
import type { Allowance } from './allowance.ts'
import { endpointAt } from './peer-address.ts'
import type { Session } from './sessions.ts'

/** What a relay knows about somebody who sent to it. */
export interface Peer {
  readonly endpoint: Endpoint
  /** The allocation's version that the rest was found out at. */
  version: number
  channel: Channel | undefined
  /** Until when it may send; milliseconds. */
  permitted: number
}

/** Peers that a relay remembers at most: strangers may send from any number of addresses. */
const MOST_PEERS = 1024

/** A UDP port of an allocation. */
export class UdpRelay implements Relay {
  readonly protocol = 'udp'
  readonly family: 4 | 6
  readonly endpoint: Endpoint
  readonly fd: number
  /** Its number among the descriptors that the loop waits for. */
  readonly ticket: number
  allocation: Allocation | undefined
  /** Its allocation's client. */
  session: Session | undefined
  /** Of the batch that is being collected: its first and last slot; -1: none. */
  firstSlot = -1
  lastSlot = -1
  /** What its allocation may still send and receive. */
  allowance: Allowance | undefined
  /** Bytes of payload that went through. */
  readonly carried = { toPeers: 0, fromPeers: 0 }
  #dontFragment = false
  readonly #peers = new AddressTable<Peer>()

  constructor(parts: {
    readonly family: 4 | 6
    readonly endpoint: Endpoint
    readonly fd: number
    readonly ticket: number
  }) {
    this.family = parts.family
    this.endpoint = parts.endpoint
    this.fd = parts.fd
    this.ticket = parts.ticket
  }

  /** Whether what is sent from now on has DF (DONT-FRAGMENT, RFC 8656 section 18.9). */
  setDontFragment(on: boolean): void {
    if (this.#dontFragment === on) return
    setDontFragment(this.fd, this.family, on)
    this.#dontFragment = on
  }

  /** Counts a datagram to a peer; false when it is more than the allocation may send. `now`: milliseconds. */
  admitsToPeer(bytes: number, now: number): boolean {
    if (this.allowance?.toPeers(bytes, now) === false) return false
    this.carried.toPeers += bytes
    return true
  }

  admitsFromPeer(bytes: number, now: number): boolean {
    if (this.allowance?.fromPeers(bytes, now) === false) return false
    this.carried.fromPeers += bytes
    return true
  }

  /** The sender at a place in memory, as the allocation sees it now. */
  peer(allocation: Allocation, bytes: Uint8Array, at: number): Peer {
    let peer = this.#peers.get(bytes, at)
    if (peer === undefined) {
      if (this.#peers.size >= MOST_PEERS) this.#peers.clear()
      peer = { endpoint: endpointAt(bytes, at), version: -1, channel: undefined, permitted: 0 }
      this.#peers.set(bytes, at, peer)
    }
    if (peer.version !== allocation.version) update(peer, allocation)
    return peer
  }
}

function update(peer: Peer, allocation: Allocation): void {
  peer.version = allocation.version
  peer.channel = allocation.channelTo(peer.endpoint, 0)
  peer.permitted = allocation.permissions.get(peer.endpoint.address) ?? 0
}

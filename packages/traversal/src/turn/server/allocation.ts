import type { Endpoint, IntegrityAlgorithm, User } from '../../stun/index.ts'
import type { Client } from './client.ts'
import type { Relay } from './relays.ts'

/** RFC 8656 sections 9 and 12: permissions live five minutes, channels ten. Milliseconds. */
const PERMISSION_LIFETIME = 300_000
const CHANNEL_LIFETIME = 600_000

/** A channel: a number in place of a peer's address. */
export interface Channel {
  readonly number: number
  readonly peer: Endpoint
  expires: number
  /** `struct sockaddr` of the peer, for who sends to it; made when it is first needed. */
  address?: Uint8Array
}

/** A peer's TCP connection (RFC 6062 section 4). */
export interface PeerConnection {
  readonly id: number
  readonly peer: Endpoint
  /** `connecting` by a request of the client, `waiting` for ConnectionBind, `joined` to a data connection. */
  state: 'connecting' | 'waiting' | 'joined'
  /** When it is given up, unless it is joined. */
  expires: number
}

export interface AllocationParts {
  readonly client: Client
  readonly user: User
  readonly key: Uint8Array
  readonly algorithm: IntegrityAlgorithm
  readonly relays: readonly Relay[]
  readonly expires: number
  /** Of the request that made it: a retransmission gets the same answer. */
  readonly transaction: Uint8Array
}

/** What a client has on the server: relay ports, and who may send to them. Times are milliseconds. */
export class Allocation {
  client: Client
  readonly user: User
  /** What its answers and indications are sealed with. */
  key: Uint8Array
  algorithm: IntegrityAlgorithm
  /** One, or one for each family. */
  relays: readonly Relay[]
  readonly transaction: Uint8Array
  /** The answer to the last Refresh that gave a new ticket, for its retransmissions. */
  refreshed: { readonly transaction: Uint8Array; readonly answer: Uint8Array } | undefined
  /** Its successful answer, to be sent again to a retransmission. */
  answer: Uint8Array | undefined
  /** Peer's address without port → when the permission ends. */
  readonly permissions: Map<string, number> = new Map()
  readonly channels: Map<number, Channel> = new Map()
  /** 'ADDRESS PORT' → its channel. */
  readonly channelOf: Map<string, Channel> = new Map()
  readonly connections: Map<number, PeerConnection> = new Map()
  /** Of RFC 8016, if the client asked for mobility. */
  ticket: string | undefined
  closed: boolean = false
  /** When each relay ends. */
  readonly #ends = new Map<Relay, number>()
  /** Counts changes of permissions and channels, so that who keeps answers knows when to ask again. */
  version: number = 0

  constructor(parts: AllocationParts) {
    this.client = parts.client
    this.user = parts.user
    this.key = parts.key
    this.algorithm = parts.algorithm
    this.relays = parts.relays
    this.prolong(parts.expires)
    this.transaction = parts.transaction
  }

  get protocol(): 'udp' | 'tcp' {
    return this.relays[0]!.protocol
  }

  /** When the last of its relays ends. */
  get expires(): number {
    return Math.max(...this.#ends.values())
  }

  /** Lets its relays live until then, or the one of a family alone (RFC 8656 section 8.1). */
  prolong(until: number, family?: 4 | 6): void {
    for (const relay of this.relays) if (family === undefined || relay.family === family) this.#ends.set(relay, until)
  }

  /** Relays that have ended. */
  ended(now: number): Relay[] {
    return this.relays.filter((relay) => this.#ends.get(relay)! <= now)
  }

  /** Goes on without one of its relays, and without what it had by it. */
  forget(relay: Relay): void {
    this.relays = this.relays.filter((each) => each !== relay)
    this.#ends.delete(relay)
    const ofFamily = (address: string): boolean => address.includes(':') === (relay.family === 6)
    for (const address of this.permissions.keys()) if (ofFamily(address)) this.forbid(address)
    for (const { number, peer } of this.channels.values()) if (ofFamily(peer.address)) this.unbind(number)
    this.version += 1
  }

  /** The relay for peers of a family. */
  relay(family: 4 | 6): Relay | undefined {
    for (const relay of this.relays) if (relay.family === family) return relay // for each packet: no closure
    return undefined
  }

  permit(address: string, now: number): void {
    this.permissions.set(address, now + PERMISSION_LIFETIME)
    this.version += 1
  }

  /** Ends the permission for an address, and its channels. */
  forbid(address: string): void {
    this.permissions.delete(address)
    for (const { number, peer } of this.channels.values()) if (peer.address === address) this.unbind(number)
    this.version += 1
  }

  permits(address: string, now: number): boolean {
    return (this.permissions.get(address) ?? 0) > now
  }

  /** The live channel of a number. */
  channel(number: number, now: number): Channel | undefined {
    const channel = this.channels.get(number)
    return channel !== undefined && channel.expires > now ? channel : undefined
  }

  /** The live channel towards a peer. */
  channelTo(peer: Endpoint, now: number): Channel | undefined {
    const channel = this.channelOf.get(peerKey(peer))
    return channel !== undefined && channel.expires > now ? channel : undefined
  }

  bind(number: number, peer: Endpoint, now: number): void {
    this.unbind(number)
    const before = this.channelOf.get(peerKey(peer))
    if (before !== undefined) this.unbind(before.number) // it has ended, but was not swept yet
    const channel = { number, peer, expires: now + CHANNEL_LIFETIME }
    this.channels.set(number, channel)
    this.channelOf.set(peerKey(peer), channel)
    this.version += 1
  }

  /** A channel of the same allocation in another server. */
  restore(channel: Pick<Channel, 'number' | 'peer' | 'expires'>): void {
    const restored = { ...channel }
    this.channels.set(channel.number, restored)
    this.channelOf.set(peerKey(channel.peer), restored)
    this.version += 1
  }

  unbind(number: number): void {
    const channel = this.channels.get(number)
    if (channel === undefined) return
    this.channels.delete(number)
    this.channelOf.delete(peerKey(channel.peer))
    this.version += 1
  }

  /** Forgets what has ended. */
  sweep(now: number): void {
    for (const [address, expires] of this.permissions) if (expires <= now) this.permissions.delete(address)
    for (const { number, expires } of this.channels.values()) if (expires <= now) this.unbind(number)
  }
}

export function peerKey({ address, port }: Endpoint): string {
  return `${address} ${port}`
}

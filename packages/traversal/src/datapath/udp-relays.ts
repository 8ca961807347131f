import { closeDescriptor, type Epoll, keepErrors, sendDatagram, setDontFragment, socketAddress } from '@sallyport/linux'
import type { Endpoint } from '../stun/index.ts'
import type { Allocation, Opened, Relay, Relays, RelayWish } from '../turn/server/index.ts'
import type { Bandwidth } from './allowance.ts'
import type { CounterCells } from './counters.ts'
import type { BoundPort, RelayAddress, RelayPorts } from './relay-ports.ts'
import { UdpRelay } from './udp-relay.ts'

/** A relay's socket on its way to another loop: descriptors are numbers of the whole process. */
export interface HandedRelay {
  readonly fd: number
  readonly family: 4 | 6
  readonly endpoint: Endpoint
  readonly carried: { readonly toPeers: number; readonly fromPeers: number }
}

/** The UDP relays of one loop: opened for the machine, found by the tickets that the loop waits with. */
export class UdpRelays implements Relays {
  readonly #epoll: Epoll
  readonly #ports: RelayPorts
  readonly #addresses: readonly RelayAddress[]
  readonly #counters: CounterCells
  readonly #bandwidth: Bandwidth | undefined
  readonly #clock: () => number
  readonly #byTicket = new Map<number, UdpRelay>()
  #lastTicket: number

  /** @param firstTicket tickets from here on are for relays */
  constructor(parts: {
    readonly epoll: Epoll
    readonly ports: RelayPorts
    readonly addresses: readonly RelayAddress[]
    readonly counters: CounterCells
    readonly bandwidth?: Bandwidth
    readonly clock: () => number
    readonly firstTicket: number
  }) {
    this.#epoll = parts.epoll
    this.#ports = parts.ports
    this.#addresses = parts.addresses
    this.#counters = parts.counters
    this.#bandwidth = parts.bandwidth
    this.#clock = parts.clock
    this.#lastTicket = parts.firstTicket
  }

  get size(): number {
    return this.#byTicket.size
  }

  byTicket(ticket: number): UdpRelay | undefined {
    return this.#byTicket.get(ticket)
  }

  open({ family, protocol, even }: RelayWish): Opened {
    const address = this.#addresses.find((each) => familyOf(each.address) === family)
    if (address === undefined || protocol !== 'udp') return { failed: 'no family' }
    const [first, second] = this.#ports.open(address.address, even).map((bound) => this.#add(bound, address))
    if (first === undefined) return { failed: 'no port' }
    return second === undefined ? { relay: first } : { relay: first, next: second }
  }

  assign(relay: Relay, allocation: Allocation): void {
    const udp = relay as UdpRelay
    const other = allocation.relays.find((each) => each !== relay) as UdpRelay | undefined
    udp.allocation = allocation
    udp.allowance = other?.allowance ?? this.#bandwidth?.allowance(allocation.user.owner ?? allocation.user.name)
  }

  /** Lets go of a socket without closing it: another loop goes on with it. */
  release(relay: Relay): HandedRelay {
    const { fd, ticket, family, endpoint, carried } = relay as UdpRelay
    this.#byTicket.delete(ticket)
    this.#epoll.remove(fd)
    return { fd, family, endpoint, carried }
  }

  /** Goes on with a socket of another loop. */
  adopt({ fd, family, endpoint, carried }: HandedRelay): UdpRelay {
    const relay = this.#place(fd, family, endpoint)
    Object.assign(relay.carried, carried)
    return relay
  }

  close(relay: Relay): void {
    const { fd, ticket } = relay as UdpRelay
    if (!this.#byTicket.delete(ticket)) return
    this.#epoll.remove(fd)
    closeDescriptor(fd)
  }

  send(relay: Relay, peer: Endpoint, payload: Uint8Array, dontFragment: boolean): void {
    const udp = relay as UdpRelay
    if (!udp.admitsToPeer(payload.length, this.#clock())) {
      this.#counters.add('droppedOverLimit')
      return
    }
    udp.setDontFragment(dontFragment)
    const sent = sendDatagram(udp.fd, payload, socketAddress(peer.address, peer.port))
    this.#counters.add(sent ? 'sentToPeers' : 'droppedFull')
  }

  /** TCP relays belong to the server of streams. */
  connect(): void {}
  join(): void {}
  disconnect(): void {}

  #add({ fd, port }: BoundPort, { address, external = address }: RelayAddress): UdpRelay {
    return this.#place(fd, familyOf(address), { address: external, port })
  }

  #place(fd: number, family: 4 | 6, endpoint: Endpoint): UdpRelay {
    this.#lastTicket += 1
    const relay = new UdpRelay({ family, endpoint, fd, ticket: this.#lastTicket })
    setDontFragment(fd, family, false) // the kernel's default sets DF by itself
    keepErrors(fd, family)
    this.#byTicket.set(relay.ticket, relay)
    this.#epoll.add(fd, relay.ticket)
    return relay
  }
}

export function familyOf(address: string): 4 | 6 {
  return address.includes(':') ? 6 : 4
}

import type { RelayAddress } from '../datapath/index.ts'
import type { Endpoint } from '../stun/index.ts'
import type { Allocation, Opened, Relay, Relays, RelayWish } from '../turn/server/index.ts'
import type { Connection } from './connection.ts'
import type { StreamTcpRelay, TcpPorts } from './tcp-ports.ts'
import { StreamUdpRelay, type UdpPorts } from './udp-ports.ts'

/** The relays of clients that talk over streams, of both kinds. */
export class StreamRelays implements Relays {
  readonly #addresses: readonly RelayAddress[]
  readonly #udp: UdpPorts
  readonly #tcp: TcpPorts

  constructor(addresses: readonly RelayAddress[], udp: UdpPorts, tcp: TcpPorts) {
    this.#addresses = addresses
    this.#udp = udp
    this.#tcp = tcp
  }

  open({ family, protocol, even }: RelayWish): Opened {
    const address = this.#addresses.find((each) => familyOf(each) === family)
    if (address === undefined) return { failed: 'no family' }
    return protocol === 'udp' ? this.#udp.open(family, even, address) : this.#tcp.open(family, address)
  }

  assign(relay: Relay, allocation: Allocation): void {
    if (relay instanceof StreamUdpRelay) this.#udp.assign(relay, allocation)
    else this.#tcp.assign(relay as StreamTcpRelay, allocation)
  }

  close(relay: Relay): void {
    if (relay instanceof StreamUdpRelay) this.#udp.close(relay)
    else this.#tcp.close(relay as StreamTcpRelay)
  }

  send(relay: Relay, peer: Endpoint, payload: Uint8Array, dontFragment: boolean): void {
    this.#udp.send(relay as StreamUdpRelay, peer, payload, dontFragment)
  }

  connect(relay: Relay, peer: Endpoint, id: number): void {
    this.#tcp.connect(relay as StreamTcpRelay, peer, id)
  }

  join(id: number, client: unknown): void {
    this.#tcp.join(id, client as Connection)
  }

  disconnect(id: number): void {
    this.#tcp.disconnect(id)
  }
}

export function familyOf({ address }: RelayAddress): 4 | 6 {
  return address.includes(':') ? 6 : 4
}

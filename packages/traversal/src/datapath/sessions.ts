import { socketAddress } from '@sallyport/linux'
import type { Allocation, Client } from '../turn/server/index.ts'
import { AddressTable } from './address-table.ts'
import type { UdpRelay } from './udp-relay.ts'

/** An allocation with its client's address as the kernel wants it. */
export interface Session {
  readonly allocation: Allocation
  readonly address: Uint8Array
  /** The socket that its client talks to. */
  readonly listener: number
}

/** The allocations of one listening socket, by where their clients send from. */
export class Sessions {
  readonly #listener: number
  readonly #sessions = new AddressTable<Session>()

  constructor(listener: number) {
    this.#listener = listener
  }

  find(bytes: Uint8Array, at: number): Session | undefined {
    return this.#sessions.get(bytes, at)
  }

  add(allocation: Allocation): Session {
    const address = addressOf(allocation.client)
    const session = { allocation, address, listener: this.#listener }
    this.#sessions.set(address, 0, session)
    for (const relay of allocation.relays) (relay as UdpRelay).session = session
    return session
  }

  remove(client: Client): void {
    this.#sessions.delete(addressOf(client), 0)
  }
}

function addressOf({ remote }: Client): Uint8Array {
  return socketAddress(remote.address, remote.port)
}

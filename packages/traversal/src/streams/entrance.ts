import {
  acceptTcp,
  closeDescriptor,
  EPOLLIN,
  localEndpoint,
  resetDescriptor,
  SystemError,
  setNoDelay,
  streamPair,
} from '@sallyport/linux'
import type { CounterCells } from '../datapath/index.ts'
import { canonical } from '../filter/index.ts'
import type { Endpoint } from '../stun/index.ts'
import type { Client } from '../turn/server/index.ts'
import { AddressCount } from './address-count.ts'
import type { Arrival } from './connection.ts'
import type { ClientLimits, StreamListener, TlsSide } from './settings.ts'
import type { Watch } from './watch.ts'

/** Connections that are accepted in one turn. */
const PER_TURN = 64

interface OpenListener extends StreamListener {
  readonly ticket: number
}

/** Where clients come in: listening sockets, and how many may come. Those of TLS come in by way of who ends it. */
export class Entrance {
  readonly #watch: Watch
  /** Those that there are stay when these are lower than before. */
  limits: ClientLimits
  readonly #counts = new AddressCount()
  readonly #counters: CounterCells
  readonly #tls: TlsSide | undefined
  readonly #entered: (arrival: Arrival, id: number) => void
  readonly #listeners: OpenListener[]
  /** Listeners that nothing can be accepted at for want of descriptors. */
  readonly #exhausted = new Set<OpenListener>()
  #lastId = 0

  constructor(parts: {
    readonly watch: Watch
    readonly listeners: readonly StreamListener[]
    readonly limits: ClientLimits
    readonly counters: CounterCells
    readonly tls: TlsSide | undefined
    readonly entered: (arrival: Arrival, id: number) => void
  }) {
    this.#watch = parts.watch
    this.limits = parts.limits
    this.#counters = parts.counters
    this.#tls = parts.tls
    this.#entered = parts.entered
    this.#listeners = parts.listeners.map((listener) => this.#open(listener))
  }

  /** A connection has ended: its address may have another one. */
  left({ transport, remote }: Client, id: number): void {
    this.#counts.give(remote.address)
    this.#counters.set('connections', this.#counts.total)
    if (transport === 'tls') this.#tls?.leave(id)
  }

  /** Tries again where nothing could be accepted. */
  retry(): void {
    for (const { fd, ticket } of this.#exhausted) this.#watch.change(fd, ticket, EPOLLIN)
    this.#exhausted.clear()
  }

  close(): void {
    for (const { fd, ticket } of this.#listeners.splice(0)) {
      this.#watch.remove(fd, ticket)
      closeDescriptor(fd)
    }
  }

  #open(listener: StreamListener): OpenListener {
    const open: OpenListener = {
      ...listener,
      ticket: this.#watch.add(listener.fd, { ready: () => this.#accept(open) }),
    }
    return open
  }

  #accept(listener: OpenListener): void {
    for (let count = 0; count < PER_TURN; count += 1) {
      const accepted = acceptTcp(listener.fd)
      if (accepted === undefined) return
      if (accepted === 'full') {
        // Who waits there would be told of again and again.
        this.#watch.change(listener.fd, listener.ticket, 0)
        this.#exhausted.add(listener)
        return
      }
      this.#knock(listener, accepted.fd, accepted.remote)
    }
  }

  /** Somebody connects. Who has enough is turned away before anything is read, or said. */
  #knock({ transport }: OpenListener, fd: number, { address, port }: Endpoint): void {
    const remote = { address: canonical(address), port }
    const { total, perAddress } = this.limits
    if (this.#counts.total >= total || !this.#counts.take(remote.address, perAddress)) {
      this.#counters.add('connectionsRefused')
      resetDescriptor(fd)
      return
    }
    this.#counters.set('connections', this.#counts.total)
    setNoDelay(fd)
    const local = localEndpoint(fd)
    this.#enter({ fd, transport, remote, local: { ...local, address: canonical(local.address) } })
  }

  #enter(arrival: Arrival): void {
    this.#lastId += 1
    if (arrival.transport === 'tls') this.#secure(arrival, this.#lastId)
    else this.#entered(arrival, this.#lastId)
  }

  /** The plain bytes come by a pair of streams. */
  #secure(arrival: Arrival, id: number): void {
    const pair = pairOrNone()
    if (pair === undefined) {
      this.#counts.give(arrival.remote.address)
      this.#counters.set('connections', this.#counts.total)
      resetDescriptor(arrival.fd)
      return
    }
    this.#tls!.secure(id, arrival.fd, pair[1])
    this.#entered({ ...arrival, fd: pair[0] }, id)
  }
}

/** Undefined when no descriptors are left. */
function pairOrNone(): readonly [number, number] | undefined {
  try {
    return streamPair()
  } catch (error) {
    if (error instanceof SystemError) return undefined
    throw error
  }
}

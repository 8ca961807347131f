import {
  acceptTcp,
  closeDescriptor,
  connectError,
  connectTcp,
  EPOLLOUT,
  listenTcp,
  openTcp,
  resetDescriptor,
  SystemError,
  setNoDelay,
} from '@sallyport/linux'
import {
  type Allowance,
  type Bandwidth,
  type CounterCells,
  type PortRange,
  portsToTry,
  type RelayAddress,
} from '../datapath/index.ts'
import { canonical } from '../filter/index.ts'
import type { Endpoint } from '../stun/index.ts'
import type { Allocation, Opened, Relay, TurnServer } from '../turn/server/index.ts'
import type { Connection } from './connection.ts'
import type { Inbox } from './inbox.ts'
import { Joint, type Passage } from './joint.ts'
import { Stream, type StreamOwner } from './stream.ts'
import type { Watch } from './watch.ts'

/** Connections that are accepted in one turn. */
const PER_TURN = 16

/** A TCP port of an allocation: peers connect to it, and it connects to peers. */
export class StreamTcpRelay implements Relay {
  readonly protocol = 'tcp'
  readonly family: 4 | 6
  readonly endpoint: Endpoint
  /** Where it is bound, and listens. */
  readonly bound: Endpoint
  readonly fd: number
  readonly ticket: number
  allocation: Allocation | undefined
  allowance: Allowance | undefined
  /** Bytes that went through. */
  readonly carried = { toPeers: 0, fromPeers: 0 }

  constructor(parts: Pick<StreamTcpRelay, 'family' | 'endpoint' | 'bound' | 'fd' | 'ticket'>) {
    this.family = parts.family
    this.endpoint = parts.endpoint
    this.bound = parts.bound
    this.fd = parts.fd
    this.ticket = parts.ticket
  }
}

/** A connection with a peer: nothing is read from it before it is joined, so the kernel keeps what comes. */
class PeerSide implements StreamOwner {
  readonly impatient = true
  readonly relay: StreamTcpRelay
  readonly stream: Stream
  readonly #left: () => void
  joint: Joint | undefined

  constructor(fd: number, watch: Watch, relay: StreamTcpRelay, left: () => void) {
    this.relay = relay
    this.#left = left
    this.stream = new Stream(fd, watch, this, false)
  }

  readable(): void {}
  drained(): void {}

  closed(): void {
    this.#left()
  }
}

/** A connection that is on its way. */
interface Attempt {
  readonly fd: number
  readonly ticket: number
}

/** What a machine hears from here. */
type Machine = Pick<TurnServer, 'connected' | 'attempted' | 'disconnected'>

/** TCP relays (RFC 6062): ports, connections with peers, and what joins these with clients. */
export class TcpPorts {
  readonly #watch: Watch
  readonly #inbox: Inbox
  readonly #range: PortRange
  readonly #random: () => number
  readonly #counters: CounterCells
  readonly #bandwidth: Bandwidth | undefined
  readonly #machine: () => Machine
  readonly #attempts = new Map<number, Attempt>()
  readonly #peers = new Map<number, PeerSide>()
  /** Ports that are in use; the kernel would give them out twice, since they can be connected from. */
  readonly #taken = new Set<string>()

  /** `random`: a number from 0 to less than 1. */
  constructor(parts: {
    readonly watch: Watch
    readonly inbox: Inbox
    readonly range: PortRange
    readonly random: () => number
    readonly counters: CounterCells
    readonly bandwidth: Bandwidth | undefined
    readonly machine: () => Machine
  }) {
    this.#watch = parts.watch
    this.#inbox = parts.inbox
    this.#range = parts.range
    this.#random = parts.random
    this.#counters = parts.counters
    this.#bandwidth = parts.bandwidth
    this.#machine = parts.machine
  }

  open(family: 4 | 6, { address, external = address }: RelayAddress): Opened {
    for (const port of portsToTry(this.#range, this.#random)) {
      const bound = { address, port }
      const fd = this.#bind(bound)
      if (fd === undefined) continue
      const ticket = this.#watch.add(fd, { ready: () => this.#accept(relay) })
      const relay = new StreamTcpRelay({ family, endpoint: { address: external, port }, bound, fd, ticket })
      return { relay }
    }
    return { failed: 'no port' }
  }

  assign(relay: StreamTcpRelay, allocation: Allocation): void {
    const other = allocation.relays.find((each) => each !== relay) as StreamTcpRelay | undefined
    relay.allocation = allocation
    relay.allowance = other?.allowance ?? this.#bandwidth?.allowance(allocation.user.owner ?? allocation.user.name)
  }

  close(relay: StreamTcpRelay): void {
    if (!this.#taken.delete(keyOf(relay.bound))) return
    this.#watch.remove(relay.fd, relay.ticket)
    closeDescriptor(relay.fd)
  }

  /** Begins to connect. The machine hears how it went, and gives up by itself when nothing comes of it in time. */
  connect(relay: StreamTcpRelay, to: Endpoint, id: number): void {
    const fd = tryTo(() => openTcp({ ...relay.bound, reusePort: true }))
    const begun = fd !== undefined && tryTo(() => connectTcp(fd, to)) === 0
    if (begun) {
      const ticket = this.#watch.add(fd, { ready: () => this.#attempted(relay, id) }, EPOLLOUT)
      this.#attempts.set(id, { fd, ticket })
      return
    }
    if (fd !== undefined) closeDescriptor(fd)
    // Whatever it was, the answer is the same (447), and the server goes on.
    this.#watch.again({ ready: () => this.#machine().connected(id, false, this.#watch.now) })
  }

  join(id: number, client: Connection): void {
    const peer = this.#peers.get(id)
    const early = client.join()
    if (peer === undefined) return void client.stream.close()
    peer.joint = new Joint(client.stream, peer.stream, this.#passage(peer.relay), () => this.#ended(id))
    peer.joint.start({ inbox: this.#inbox, watch: this.#watch }, early)
  }

  disconnect(id: number): void {
    this.#giveUp(id)
    const peer = this.#peers.get(id)
    if (peer === undefined) return
    this.#peers.delete(id)
    if (peer.joint === undefined) peer.stream.close()
    else peer.joint.close()
  }

  #attempted(relay: StreamTcpRelay, id: number): void {
    const { fd } = this.#attempts.get(id)!
    const errno = connectError(fd)
    if (errno === 0) {
      const { ticket } = this.#attempts.get(id)!
      this.#attempts.delete(id)
      this.#watch.remove(fd, ticket)
      this.#keep(id, relay, fd)
    } else this.#giveUp(id)
    this.#machine().connected(id, errno === 0, this.#watch.now)
  }

  #giveUp(id: number): void {
    const attempt = this.#attempts.get(id)
    if (attempt === undefined) return
    this.#attempts.delete(id)
    this.#watch.remove(attempt.fd, attempt.ticket)
    closeDescriptor(attempt.fd)
  }

  #accept(relay: StreamTcpRelay): void {
    for (let count = 0; count < PER_TURN; count += 1) {
      const accepted = acceptTcp(relay.fd)
      if (accepted === undefined || accepted === 'full') return
      this.#arrived(relay, accepted.fd, accepted.remote)
    }
  }

  #arrived(relay: StreamTcpRelay, fd: number, { address, port }: Endpoint): void {
    const { allocation } = relay
    if (allocation === undefined) return void resetDescriptor(fd)
    const id = this.#machine().attempted(allocation, { address: canonical(address), port }, this.#watch.now)
    if (id === undefined) {
      this.#counters.add('droppedNoPermission')
      resetDescriptor(fd)
    } else this.#keep(id, relay, fd)
  }

  #keep(id: number, relay: StreamTcpRelay, fd: number): void {
    setNoDelay(fd)
    this.#peers.set(id, new PeerSide(fd, this.#watch, relay, () => this.#ended(id)))
  }

  #ended(id: number): void {
    if (this.#peers.delete(id)) this.#machine().disconnected(id)
  }

  #passage({ allowance, carried }: StreamTcpRelay): Passage {
    return {
      carried: (to, bytes) => {
        carried[to === 'peer' ? 'toPeers' : 'fromPeers'] += bytes
        this.#counters.add(to === 'peer' ? 'bytesFromClients' : 'bytesFromPeers', bytes)
      },
      admits: (to, bytes) => {
        const now = this.#watch.now
        return (to === 'peer' ? allowance?.toPeers(bytes, now) : allowance?.fromPeers(bytes, now)) !== false
      },
    }
  }

  /** Undefined when it cannot be had: in use, no more descriptors, an address that is no more. */
  #bind(at: Endpoint): number | undefined {
    if (this.#taken.has(keyOf(at))) return undefined
    const fd = tryTo(() => openTcp({ ...at, reusePort: true }))
    if (fd === undefined) return undefined
    if (tryTo(() => listenTcp(fd) ?? true) === undefined) {
      closeDescriptor(fd)
      return undefined
    }
    this.#taken.add(keyOf(at))
    return fd
  }
}

/** What the kernel refuses comes to nothing, and the server goes on. */
function tryTo<T>(call: () => T): T | undefined {
  try {
    return call()
  } catch (error) {
    if (error instanceof SystemError) return undefined
    throw error
  }
}

function keyOf({ address, port }: Endpoint): string {
  return `${address} ${port}`
}

import { createServer, type Server, type Socket } from 'node:net'
import { openTcp, SystemError, tcpConnect } from '@sallyport/linux'
import type { Allowance, Bandwidth, CounterCells, PortRange, RelayAddress } from '../datapath/index.ts'
import type { Endpoint } from '../stun/index.ts'
import type { Allocation, Opened, Relay, TurnServer } from '../turn/server/index.ts'
import type { Connection } from './connection.ts'
import { Joint, type Passage } from './joint.ts'
import { plain } from './plain.ts'

const ATTEMPTS = 50
/** Milliseconds that a peer has to answer (RFC 6062 section 5.2: at least thirty seconds); the machine waits as long. */
const PATIENCE = 30_000

/** A TCP port of an allocation: peers connect to it, and it connects to peers. */
export class StreamTcpRelay implements Relay {
  readonly protocol = 'tcp'
  readonly family: 4 | 6
  readonly endpoint: Endpoint
  /** Where it is bound. */
  readonly bound: Endpoint
  readonly server: Server
  allocation: Allocation | undefined
  allowance: Allowance | undefined
  /** Bytes that went through. */
  readonly carried = { toPeers: 0, fromPeers: 0 }

  constructor(family: 4 | 6, endpoint: Endpoint, bound: Endpoint, fd: number) {
    this.family = family
    this.endpoint = endpoint
    this.bound = bound
    this.server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true })
    this.server.on('error', () => {}) // of a connection that did not come about
    this.server.listen({ fd, exclusive: true })
  }
}

/** A connection with a peer: nothing is read from it before it is joined, so the kernel keeps what comes. */
interface PeerSocket {
  readonly socket: Socket
  readonly relay: StreamTcpRelay
  joint?: Joint
}

/** What a machine hears from here. */
type Machine = Pick<TurnServer, 'connected' | 'attempted' | 'disconnected'>

/** TCP relays (RFC 6062): ports, connections with peers, and what joins these with clients. */
export class TcpPorts {
  readonly #range: PortRange
  readonly #random: () => number
  readonly #clock: () => number
  readonly #counters: CounterCells
  readonly #bandwidth: Bandwidth | undefined
  readonly #machine: () => Machine
  readonly #peers = new Map<number, PeerSocket>()
  /** Ports that are in use; the kernel would give them out twice, since they can be connected from. */
  readonly #taken = new Set<string>()

  /** `random`: a number from 0 to less than 1. */
  constructor(parts: {
    readonly range: PortRange
    readonly random: () => number
    readonly clock: () => number
    readonly counters: CounterCells
    readonly bandwidth: Bandwidth | undefined
    readonly machine: () => Machine
  }) {
    this.#range = parts.range
    this.#random = parts.random
    this.#clock = parts.clock
    this.#counters = parts.counters
    this.#bandwidth = parts.bandwidth
    this.#machine = parts.machine
  }

  open(family: 4 | 6, { address, external = address }: RelayAddress): Opened {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const port = this.#range.min + Math.floor(this.#random() * (this.#range.max - this.#range.min + 1))
      const fd = this.#bind({ address, port })
      if (fd === undefined) continue
      const relay = new StreamTcpRelay(family, { address: external, port }, { address, port }, fd)
      relay.server.on('connection', (socket) => this.#arrived(relay, socket))
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
    this.#taken.delete(keyOf(relay.bound))
    relay.server.close()
  }

  async connect(relay: StreamTcpRelay, to: Endpoint, id: number): Promise<void> {
    const from = relay.bound
    let socket: Socket | undefined
    try {
      socket = await tcpConnect({ to, from, reusePort: true, timeout: PATIENCE, allowHalfOpen: true })
    } catch {
      // Whatever it was, the answer is the same (447), and the server goes on.
    }
    if (socket !== undefined) this.#keep(id, relay, socket)
    // Nobody wants it any more if the allocation ended meanwhile.
    if (socket !== undefined && relay.allocation?.connections.has(id) !== true) this.disconnect(id)
    this.#machine().connected(id, socket !== undefined, this.#clock())
  }

  join(id: number, client: Connection): void {
    const peer = this.#peers.get(id)
    const early = client.join()
    if (peer === undefined) client.socket.destroy()
    else peer.joint = new Joint(client.socket, peer.socket, early, this.#passage(peer.relay), () => this.#ended(id))
  }

  disconnect(id: number): void {
    const peer = this.#peers.get(id)
    if (peer === undefined) return
    this.#peers.delete(id)
    peer.joint?.close()
    peer.socket.destroy()
  }

  #arrived(relay: StreamTcpRelay, socket: Socket): void {
    const { remoteAddress, remotePort } = socket
    const { allocation } = relay
    if (remoteAddress === undefined || remotePort === undefined || allocation === undefined)
      return void socket.destroy()
    const peer = { address: plain(remoteAddress), port: remotePort }
    const id = this.#machine().attempted(allocation, peer, this.#clock())
    if (id === undefined) {
      this.#counters.add('droppedNoPermission')
      socket.resetAndDestroy()
    } else this.#keep(id, relay, socket)
  }

  #keep(id: number, relay: StreamTcpRelay, socket: Socket): void {
    this.#peers.set(id, { socket, relay })
    socket.setNoDelay(true)
    socket.on('error', () => {}) // followed by close
    socket.on('close', () => {
      if (this.#peers.get(id)?.joint === undefined) this.#ended(id)
    })
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
        const now = this.#clock()
        return (to === 'peer' ? allowance?.toPeers(bytes, now) : allowance?.fromPeers(bytes, now)) !== false
      },
    }
  }

  /** Undefined when it cannot be had. */
  #bind(at: Endpoint): number | undefined {
    if (this.#taken.has(keyOf(at))) return undefined
    try {
      const fd = openTcp({ ...at, reusePort: true })
      this.#taken.add(keyOf(at))
      return fd
    } catch (error) {
      // In use; no more descriptors; an address that is no more: no port, and a server that goes on.
      if (error instanceof SystemError) return undefined
      throw error
    }
  }
}

function keyOf({ address, port }: Endpoint): string {
  return `${address} ${port}`
}

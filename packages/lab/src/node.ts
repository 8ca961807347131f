import type { ChildProcess, SpawnOptions } from 'node:child_process'
import type { Socket as UdpSocket } from 'node:dgram'
import type { Server, Socket } from 'node:net'
import {
  type NetworkNamespace,
  Route,
  readSysctl,
  type SocketOptions,
  tcpConnect,
  tcpListen,
  udpSocket,
  writeSysctl,
} from '@sallyport/linux'
import type { Cable } from './build/cable.ts'
import type { Fabric } from './build/fabric.ts'
import type { Home } from './build/home.ts'
import type { Machine } from './build/machine.ts'
import { type ExecOptions, ended, type Outcome, outcome, spawnIn } from './build/processes.ts'
import { rewire } from './build/rewire.ts'
import { isImpaired, type LinkOptions } from './link/index.ts'
import type { Admission } from './topology/area.ts'
import { checkLink, TopologyError } from './topology/check.ts'
import type { Description } from './topology/description.ts'
import { addressesOf, type NodePlan } from './topology/topology.ts'
import { Doorman } from './traffic/doorman.ts'
import { Mailbox } from './traffic/mailbox.ts'
import { Reflector } from './traffic/reflector.ts'

/** A UDP socket of a node: address, port and SO_REUSEADDR; default: all addresses, a free port. */
export type UdpOptions = Omit<SocketOptions, 'namespace'>
export type TcpListenOptions = Omit<NonNullable<Parameters<typeof tcpListen>[0]>, 'namespace'>
/** `to`, and if wanted `from` and `timeout` (milliseconds until ETIMEDOUT, default 10,000). */
export type TcpConnectOptions = Omit<Parameters<typeof tcpConnect>[0], 'namespace'>

/** What a node has between two places. */
const nothing: Admission = { addresses: [], routes: [] }

/** Where a host can live: the lab itself (its public internet), or one of its routers. */
export interface Place {
  /** For {@link LabNode.moveTo} alone. */
  readonly place: Home
}

/** What a node is made of; all of it belongs to the lab. */
export interface NodeParts {
  readonly machine: Machine
  readonly fabric: Fabric
  readonly description: Description
}

/** A machine of the lab. Its sockets are ordinary sockets of this process that live in the node's namespace. */
export class LabNode implements AsyncDisposable {
  readonly #machine: Machine
  readonly #fabric: Fabric
  readonly #description: Description
  readonly #closing = new Set<() => Promise<void>>()
  #home: Home | undefined

  /** @param home where it lives; undefined for a node whose addresses somebody else has chosen */
  constructor({ machine, fabric, description }: NodeParts, home?: Home) {
    this.#machine = machine
    this.#fabric = fabric
    this.#description = description
    this.#home = home
  }

  get name(): string {
    return this.#machine.plan.name
  }

  /** What it is at the moment: interfaces, addresses, routes. */
  get plan(): NodePlan {
    return this.#machine.plan
  }

  /** Its namespace; when this returns, all that was built before carries packets. */
  get namespace(): NetworkNamespace {
    this.#fabric.settle()
    return this.#machine.namespace
  }

  /** Where it lives; undefined for a node whose addresses somebody else has chosen. */
  protected get home(): Home | undefined {
    return this.#home
  }

  /** Every address of the node as planned, without prefix length. */
  get addresses(): string[] {
    return addressesOf(this.plan)
  }

  /** The first of its addresses. */
  get address(): string {
    const [first] = this.addresses
    if (first === undefined) throw new Error(`node '${this.name}' has no address`)
    return first
  }

  /** Runs a synchronous function with this thread in the node's namespace. */
  run<T>(fn: () => T): T {
    return this.namespace.run(fn)
  }

  /** A datagram socket of `dgram` that lives here; default: every address, a port that the kernel chooses. */
  async udp(options: UdpOptions = {}): Promise<UdpSocket> {
    const socket = await udpSocket({ ...options, namespace: this.namespace })
    this.#closeLater(
      (done) => socket.close(done),
      (closed) => socket.once('close', closed),
    )
    return socket
  }

  /** A datagram socket that a test can ask; closed with the node at the latest. */
  async mailbox(options: UdpOptions = {}): Promise<Mailbox> {
    return new Mailbox(await this.udp(options))
  }

  /** A UDP server that tells who asks where the question came from; `address` defaults to the node's first. */
  async reflector(options: UdpOptions & { readonly port: number }): Promise<Reflector> {
    return new Reflector(await this.udp(options), this.name, options.address ?? this.address)
  }

  /** A listening server of `net` that lives here. */
  async tcpListen(options: TcpListenOptions): Promise<Server> {
    const server = await tcpListen({ ...options, namespace: this.namespace })
    const accepted = new Set<Socket>()
    server.on('connection', (socket) => {
      accepted.add(socket)
      socket.once('close', () => accepted.delete(socket))
    })
    // A server closes when its connections have, and the other ends may be behind a link that is gone.
    const close = (done: () => void): void => {
      server.close(done)
      for (const socket of accepted) socket.destroy()
    }
    this.#closeLater(close, (closed) => server.once('close', closed))
    return server
  }

  /** A TCP server that tells every client where it was reached, and from where. */
  async doorman(options: TcpListenOptions): Promise<Doorman> {
    return new Doorman(await this.tcpListen(options), this.name, options.address ?? this.address)
  }

  /** A connected socket of `net` that lives here; rejects with the kernel's errno, ETIMEDOUT after `timeout` ms. */
  async tcpConnect(options: TcpConnectOptions): Promise<Socket> {
    const socket = await tcpConnect({ ...options, namespace: this.namespace })
    this.#closeLater(
      (done) => socket.once('close', done).destroy(),
      (closed) => socket.once('close', closed),
    )
    return socket
  }

  /** Starts a program here; it is killed with the node at the latest. */
  spawn(command: string, args: readonly string[] = [], options: SpawnOptions = {}): ChildProcess {
    const child = spawnIn(this.namespace, command, args, options)
    this.#closeLater(
      (done) => void ended(child).then(done),
      (closed) => child.once('exit', closed),
    )
    return child
  }

  /** Runs a program here to its end. A failed one is a result, not an error; one that does not exist is an error. */
  exec(command: string, args: readonly string[] = [], options: ExecOptions = {}): Promise<Outcome> {
    const env = { ...process.env, ...options.env }
    return outcome(this.spawn(command, args, { env }), options)
  }

  /** Reads a sysctl of the node ('net.ipv4.ip_forward'), or writes it when a value is given; then reads it back. */
  sysctl(name: string, value?: string | number): string | undefined {
    return this.run(() => {
      if (value !== undefined) writeSysctl(name, `${value}`)
      return readSysctl(name)
    })
  }

  /** rtnetlink in this node, for what changes while a test runs: links that go down, addresses, routes. Yours to dispose. */
  route(): Route {
    return Route.open({ namespace: this.namespace })
  }

  /** Resolves when it has all of its addresses, those too that it makes itself of what routers advertise. */
  async ready(): Promise<void> {
    if (this.#home?.area.advertises === false) return
    using route = this.route()
    const listening = Object.entries(this.plan.interfaces).filter(
      ([name, { slaac = false }]) => slaac && !this.#cable(name).isDown,
    )
    const isGlobal = (address: string): boolean => address.includes(':') && !address.startsWith('fe80:')
    await Promise.all(
      listening.map(([name]) => route.addressed(({ link, address }) => link === name && isGlobal(address))),
    )
  }

  /** Pulls a cable out: the interface loses its carrier, and keeps its addresses. Default: the first interface. */
  async linkDown(name?: string): Promise<void> {
    const cable = this.#cable(name)
    cable.setCarrier(false)
    this.#fabric.awaitDown(cable)
  }

  /** Puts it back in; resolves when it carries packets, and what routers have advertised meanwhile is known. */
  async linkUp(name?: string): Promise<void> {
    const cable = this.#cable(name)
    cable.setCarrier(true)
    this.#fabric.expect(cable)
    this.#fabric.settle()
    await this.#listen(cable)
  }

  /**
   * Changes what the cable of an interface does to frames; resolves when it does. The first time that a plain cable is
   * to do anything it is replaced by one that can: the interface goes and comes back, with the same name, hardware
   * address, addresses and routes.
   */
  async setLink(link: LinkOptions, name?: string): Promise<void> {
    const cable = this.#cable(name)
    const dev = cable.end.interface
    checkLink(link, `interface '${dev}' of node '${this.name}'`)
    this.#fabric.settle()
    if (cable.isWired) await cable.change(link)
    else if (isImpaired(link)) rewire(this.#machine, cable, link)
    if (link.mtu !== undefined) cable.setMtu(link.mtu)
    this.#machine.note(dev, { link })
    this.#description.change(this.name, dev === 'wan' ? { uplink: link } : { link })
    this.#fabric.expect(cable)
    this.#fabric.settle()
    await this.#fabric.wires.ready()
    await this.#listen(cable)
  }

  /** Moves it behind another router, or onto the internet: it gets new addresses there, the old ones are gone. */
  async moveTo(place: Place): Promise<void> {
    this.relocate(place.place)
    this.#fabric.settle()
    await this.#fabric.wires.ready()
    for (const cable of this.#machine.cables.values()) await this.#listen(cable)
  }

  /** {@link moveTo}, but for what comes by itself afterwards. */
  protected relocate(to: Home): void {
    const from = this.#home
    if (from === undefined)
      throw new TopologyError(`node '${this.name}' has addresses of its own choice: move its cable`)
    const member = from.members.get(this.name)!
    const { address: _former, ...wishes } = member.wishes
    const admission = to.admit(`node '${this.name}'`, this.name, member.dev, wishes)
    this.#fabric.settle()
    const machine = this.#machine
    machine.cables.get(member.dev)!.replug(this.#fabric.switch(to.area.network))
    machine.note(member.dev, { network: to.area.network })
    machine.readmit(member.dev, from.held(this.name), nothing)
    if (wishes.slaac === true) machine.forgetAdvertised(member.dev)
    machine.readmit(member.dev, nothing, admission)
    from.remove(this.name)
    this.#home = to
    to.add(this.name, { ...member, wishes, admission })
    member.onRenumbered?.()
    this.#description.move(this.name, to.router)
  }

  /** Hears what is advertised where it lives, if it listens and can. */
  async #listen({ end, isDown }: Cable): Promise<void> {
    const { slaac = false } = this.plan.interfaces[end.interface]!
    if (slaac && !isDown) await this.#home?.told()
  }

  #cable(name: string = Object.keys(this.plan.interfaces)[0] ?? ''): Cable {
    const cable = this.#machine.cables.get(name)
    if (cable !== undefined) return cable
    const known = [...this.#machine.cables.keys()].join(', ') || 'none'
    throw new TopologyError(`node '${this.name}' has no interface '${name}'; it has: ${known}`)
  }

  /** Closes its sockets, ends its programs, gives the namespace back. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closing = [...this.#closing]
    this.#closing.clear()
    await Promise.all(closing.map((close) => close()))
    this.#machine[Symbol.dispose]()
  }

  /** Remembers to close something, until it has closed by itself. */
  #closeLater(close: (done: () => void) => void, onClosed: (closed: () => void) => void): void {
    const entry = (): Promise<void> => new Promise((resolve) => close(() => resolve()))
    this.#closing.add(entry)
    onClosed(() => this.#closing.delete(entry))
  }
}

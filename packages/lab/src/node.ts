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
import { type ExecOptions, ended, type Outcome, outcome, spawnIn } from './build/processes.ts'
import { addressesOf, type NodePlan } from './topology/topology.ts'
import { Doorman } from './traffic/doorman.ts'
import { Mailbox } from './traffic/mailbox.ts'
import { Reflector } from './traffic/reflector.ts'

/** A UDP socket of a node: address, port and SO_REUSEADDR; default: all addresses, a free port. */
export type UdpOptions = Omit<SocketOptions, 'namespace'>
export type TcpListenOptions = Omit<NonNullable<Parameters<typeof tcpListen>[0]>, 'namespace'>
/** `to`, and if wanted `from` and `timeout` (milliseconds until ETIMEDOUT, default 10,000). */
export type TcpConnectOptions = Omit<Parameters<typeof tcpConnect>[0], 'namespace'>

/** A machine of the lab. Its sockets are ordinary sockets of this process that live in the node's namespace. */
export class LabNode implements AsyncDisposable {
  readonly plan: NodePlan
  readonly namespace: NetworkNamespace
  readonly #closing = new Set<() => Promise<void>>()

  /** @param namespace built already; the node gives it back */
  constructor(plan: NodePlan, namespace: NetworkNamespace) {
    this.plan = plan
    this.namespace = namespace
  }

  get name(): string {
    return this.plan.name
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
    this.#closeLater(
      (done) => server.close(done),
      (closed) => server.once('close', closed),
    )
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

  /** Closes its sockets, ends its programs, gives the namespace back. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closing = [...this.#closing]
    this.#closing.clear()
    await Promise.all(closing.map((close) => close()))
    this.namespace[Symbol.dispose]()
  }

  /** Remembers to close something, until it has closed by itself. */
  #closeLater(close: (done: () => void) => void, onClosed: (closed: () => void) => void): void {
    const entry = (): Promise<void> => new Promise((resolve) => close(() => resolve()))
    this.#closing.add(entry)
    onClosed(() => this.#closing.delete(entry))
  }
}

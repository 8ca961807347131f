import type { Server, Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { SystemError } from '@sallyport/linux'
import type { Doorman } from '../traffic/doorman.ts'
import type { Endpoint } from '../traffic/endpoint.ts'
import { type Report, readReport } from '../traffic/report.ts'
import type { Heard } from './peer.ts'
import { parseProbe, printProbe } from './probe.ts'

/** A host that can punch over TCP; nodes of the lab can. */
export interface TcpPunchNode {
  readonly address: string
  tcpListen(options: { readonly port: number; readonly reusePort: boolean }): Promise<Server>
  tcpConnect(options: {
    readonly to: Endpoint
    readonly from?: { readonly port: number }
    readonly reusePort: boolean
    readonly timeout: number
    readonly allowHalfOpen?: boolean
  }): Promise<Socket>
}

/** Milliseconds after which a server is not reachable: a SYN that was lost has been sent again by then. */
const reachable = 1500

/**
 * One of two hosts that punch over TCP (RFC 5128 section 3.3): from one local port it listens, is connected to the
 * rendezvous, and connects to where the other is said to be, again and again. When both do, the SYNs let each other in
 * (RFC 9293 section 3.5, simultaneous open), or the other's SYN is accepted.
 */
export class TcpPeer implements AsyncDisposable {
  readonly name: 'a' | 'b'
  readonly token: string
  readonly port: number
  readonly heard: Heard[] = []
  readonly refused: string[] = []
  /** Resolves with where the other is when both have read each other's words on one connection. */
  readonly answered: Promise<Endpoint>
  readonly #node: TcpPunchNode
  readonly #listener: Server
  readonly #sockets = new Set<Socket>()
  readonly #resolve: (path: Endpoint) => void
  #sent = 0
  #path: Endpoint | undefined
  #closed = false

  private constructor(node: TcpPunchNode, listener: Server, name: 'a' | 'b', token: string, port: number) {
    const { promise, resolve } = Promise.withResolvers<Endpoint>()
    this.#node = node
    this.#listener = listener
    this.name = name
    this.token = token
    this.port = port
    this.answered = promise
    this.#resolve = resolve
    listener.on('connection', (socket) => this.#talk(socket))
  }

  static async open(node: TcpPunchNode, name: 'a' | 'b', token: string, port: number): Promise<TcpPeer> {
    return new TcpPeer(node, await node.tcpListen({ port, reusePort: true }), name, token, port)
  }

  get path(): Endpoint | undefined {
    return this.#path
  }

  /** Connections tried. */
  get sent(): number {
    return this.#sent
  }

  /** Where a doorman sees it; the connection stays half open, so that the NAT keeps the mapping. */
  async seenAt(doorman: Doorman): Promise<Endpoint | undefined> {
    const socket = await this.#connect(doorman.endpoint, reachable)
    if (socket === undefined) return undefined
    return (await readAnswer(socket))?.source
  }

  /** Whether its host reaches a doorman at all, from whatever port. */
  async reaches(doorman: Doorman): Promise<boolean> {
    const socket = await this.#connect(doorman.endpoint, reachable, 0)
    return socket !== undefined && (await readAnswer(socket)) !== undefined
  }

  /**
   * Connects, and again after an interval when it was refused, until `within` ms are over. A SYN that nobody answers is
   * left to the kernel, which repeats it after 1 s (RFC 6298 section 2.1): another socket would begin with another
   * sequence number, which conntrack takes for somebody else's.
   */
  async call(to: Endpoint, { interval, within }: { interval: number; within: number }): Promise<void> {
    const ends = performance.now() + within
    for (let left = within; left > 0 && this.#path === undefined && !this.#closed; left = ends - performance.now()) {
      this.#sent += 1
      const socket = await this.#connect(to, left)
      if (socket !== undefined) {
        this.#talk(socket)
        return
      }
      await pause(interval)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>((resolve) => this.#listener.close(() => resolve()))
  }

  /** Undefined: it was refused, or nothing came in time. */
  async #connect(to: Endpoint, timeout: number, port = this.port): Promise<Socket | undefined> {
    const options = { to, from: { port }, reusePort: true, timeout, allowHalfOpen: true }
    try {
      const socket = await this.#node.tcpConnect(options)
      this.#keep(socket)
      return socket
    } catch (error) {
      if (!(error instanceof SystemError)) throw error
      this.refused.push(error.message)
      return undefined
    }
  }

  #keep(socket: Socket): void {
    if (this.#closed) socket.destroy() // a connection that was under way when the attempt was over
    this.#sockets.add(socket)
    socket.on('error', (error) => this.refused.push(error.message))
    socket.once('close', () => this.#sockets.delete(socket))
  }

  /** Says who it is, and answers who says so. */
  #talk(socket: Socket): void {
    this.#keep(socket)
    const { token, name } = this
    const from = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 }
    let rest = ''
    socket.on('data', (chunk) => {
      const lines = (rest + chunk.toString('latin1')).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) this.#hear(socket, line, from)
    })
    socket.write(`${printProbe({ token, from: name, number: this.#sent })}\n`)
  }

  #hear(socket: Socket, line: string, from: Endpoint): void {
    const probe = parseProbe(Buffer.from(line))
    if (probe === undefined || probe.token !== this.token || probe.from === this.name) return
    this.heard.push({ from, probe })
    if (probe.answerTo === undefined) {
      const { token, name } = this
      socket.write(`${printProbe({ token, from: name, number: this.#sent, answerTo: from })}\n`)
      return
    }
    this.#path ??= from
    this.#resolve(from)
  }
}

/** The doorman's words, up to where it closes its side. Undefined: the connection broke, or they are none. */
function readAnswer(socket: Socket): Promise<Report | undefined> {
  const chunks: Buffer[] = []
  return new Promise((resolve) => {
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.once('end', () => resolve(readReport(Buffer.concat(chunks))))
    socket.once('close', () => resolve(undefined))
  })
}

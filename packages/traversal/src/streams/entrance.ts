import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { createSecureContext, createServer as createTlsServer, type Server as TlsServer } from 'node:tls'
import type { CounterCells } from '../datapath/index.ts'
import { AddressCount } from './address-count.ts'
import type { Certificate, StreamAddress, StreamLimits } from './settings.ts'

/** RFC 7443: what clients name in ALPN. */
const ALPN = ['stun.turn', 'stun.nat-discovery']

type Entered = (socket: Socket, transport: 'tcp' | 'tls') => void

/** Where clients come in: listening sockets, how many may come, and TLS. */
export class Entrance {
  readonly #counts: AddressCount
  readonly #limits: StreamLimits
  readonly #counters: CounterCells
  readonly #entered: Entered
  readonly #servers: Server[] = []
  readonly #sockets = new Set<Socket>()
  readonly #addresses: StreamAddress[] = []
  #tls: TlsServer | undefined

  constructor(limits: StreamLimits, counters: CounterCells, entered: Entered) {
    this.#counts = new AddressCount(limits.perAddress)
    this.#limits = limits
    this.#counters = counters
    this.#entered = entered
  }

  /** Where it listens, with ports that the kernel chose. */
  get addresses(): readonly StreamAddress[] {
    return this.#addresses
  }

  /** Takes a certificate; connections that there are keep theirs. Throws Error for one that is none. */
  secure(certificate: Certificate): void {
    const options = { cert: certificate.cert, key: certificate.key }
    try {
      createSecureContext(options)
    } catch (error) {
      throw new Error(`certificate: ${(error as Error).message}`, { cause: error })
    }
    if (this.#tls === undefined) this.#tls = this.#secureServer(options)
    else this.#tls.setSecureContext(options)
  }

  /** Rejects, naming the address, when it cannot be listened on. */
  async listen(at: StreamAddress): Promise<void> {
    if (at.transport === 'tls' && this.#tls === undefined) throw new Error('TLS needs a certificate and its key')
    const server = createServer({ allowHalfOpen: true, noDelay: true })
    server.on('connection', (socket) => this.#knock(socket, at.transport))
    try {
      server.listen({ host: at.address, port: at.port, exclusive: true })
      await once(server, 'listening')
    } catch (error) {
      const { code = 'failed', message } = error as NodeJS.ErrnoException
      throw new Error(`cannot listen on ${at.transport} ${show(at)}: ${code}: ${message}`, { cause: error })
    }
    server.on('error', () => {}) // of a connection that did not come about
    this.#servers.push(server)
    const { port } = server.address() as { readonly port: number }
    this.#addresses.push({ ...at, port })
  }

  async close(): Promise<void> {
    const closed = this.#servers.map((server) => new Promise((resolve) => server.close(resolve)))
    for (const socket of this.#sockets) socket.destroy()
    await Promise.all(closed)
  }

  /** Somebody connects. Who has enough is turned away before anything is read, or said. */
  #knock(socket: Socket, transport: 'tcp' | 'tls'): void {
    const { remoteAddress } = socket
    if (remoteAddress === undefined) return void socket.destroy() // gone already
    if (this.#counts.total >= this.#limits.total || !this.#counts.take(remoteAddress)) {
      this.#counters.add('connectionsRefused')
      socket.resetAndDestroy()
      return
    }
    this.#sockets.add(socket)
    this.#counters.set('connections', this.#counts.total)
    socket.on('close', () => {
      this.#sockets.delete(socket)
      this.#counts.give(remoteAddress)
      this.#counters.set('connections', this.#counts.total)
    })
    if (transport === 'tls') this.#tls!.emit('connection', socket)
    else this.#entered(socket, transport)
  }

  #secureServer(certificate: Certificate): TlsServer {
    const handshakeTimeout = this.#limits.handshake
    const options = { ...certificate, ALPNProtocols: ALPN, handshakeTimeout, allowHalfOpen: true }
    const server = createTlsServer(options, (socket) => this.#entered(socket, 'tls'))
    server.on('tlsClientError', (_, socket) => {
      this.#counters.add('streamsBroken')
      socket.destroy()
    })
    return server
  }
}

function show({ address, port }: StreamAddress): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

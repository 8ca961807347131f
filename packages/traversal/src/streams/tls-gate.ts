import { Socket } from 'node:net'
import { createSecureContext, createServer, type TLSSocket, type TlsOptions, type Server as TlsServer } from 'node:tls'
import { closeDescriptor } from '@sallyport/linux'
import type { TlsSide } from './settings.ts'

/** RFC 7443: what clients name in ALPN. */
const ALPN = ['stun.turn', 'stun.nat-discovery']
/** Milliseconds that a client has to read the last of what was for it. */
const LINGER = 5000

/** PEM texts. */
export interface Certificate {
  /** The certificate, and behind it those that lead to its root. */
  readonly cert: string
  readonly key: string
}

/** A connection that comes in by TLS. */
interface Secured {
  readonly outside: Socket
  /** Carries the plain bytes to the server, and those that are for the client. */
  readonly inside: Socket
  tls?: TLSSocket
  /** The server has no more to do with it. */
  left: boolean
}

/**
 * Where TLS ends: on the event loop of its thread, by Node's own TLS. The server of streams, in a thread that blocks, gets
 * the plain bytes over a pair of sockets and knows of TLS no more than that.
 */
export class TlsGate implements TlsSide {
  readonly #server: TlsServer
  readonly #broken: () => void
  readonly #secured = new Map<number, Secured>()
  /** By address and port of both ends, until the handshake is done. */
  readonly #waiting = new Map<string, Secured>()
  #closed = false

  /**
   * `handshake`: milliseconds that it may take; `broken` is called for each that failed. Throws Error for a certificate
   * that is none.
   */
  constructor(certificate: Certificate, handshake: number, broken: () => void) {
    this.#broken = broken
    const options: TlsOptions = { ALPNProtocols: ALPN, handshakeTimeout: handshake }
    this.#server = createServer({ ...options, ...checked(certificate), allowHalfOpen: true } as TlsOptions)
    this.#server.on('secureConnection', (tls) => this.#join(tls))
    this.#server.on('tlsClientError', (_, tls) => {
      this.#broken()
      tls.destroy()
    })
  }

  /** Another certificate for connections to come. Throws Error for one that is none; the old one stays then. */
  certificate(certificate: Certificate): void {
    this.#server.setSecureContext(checked(certificate))
  }

  secure(id: number, socket: number, inside: number): void {
    if (this.#closed) {
      closeDescriptor(socket)
      closeDescriptor(inside)
      return
    }
    const secured: Secured = { outside: streamOf(socket), inside: streamOf(inside), left: false }
    this.#secured.set(id, secured)
    const key = keyOf(secured.outside) // of one that is gone already: it is closed before it gets anywhere
    this.#waiting.set(key, secured)
    secured.outside
      .on('error', () => {})
      .on('close', () => {
        if (this.#waiting.get(key) === secured) this.#waiting.delete(key)
        this.#secured.delete(id)
        secured.inside.destroy()
      })
    secured.inside.on('error', () => secured.outside.destroy())
    this.#server.emit('connection', secured.outside)
  }

  leave(id: number): void {
    const secured = this.#secured.get(id)
    if (secured === undefined) return
    secured.left = true
    if (secured.tls === undefined) secured.outside.destroy()
    else if (secured.inside.readableEnded) secured.tls.destroySoon()
    const impatience = setTimeout(() => secured.outside.destroy(), LINGER)
    secured.outside.once('close', () => clearTimeout(impatience))
  }

  /** Resolves when all connections are closed. */
  async close(): Promise<void> {
    this.#closed = true
    const all = [...this.#secured.values()]
    await Promise.all(
      all.map(({ outside }) => {
        const closed = new Promise((resolve) => outside.once('close', resolve))
        outside.destroy()
        return closed
      }),
    )
  }

  /** The handshake is done. */
  #join(tls: TLSSocket): void {
    const key = keyOf(tls)
    const secured = this.#waiting.get(key)
    this.#waiting.delete(key)
    if (secured === undefined) return void tls.destroy() // gone already
    secured.tls = tls
    tls.on('error', () => {}).on('close', () => secured.outside.destroy())
    tls.pipe(secured.inside)
    secured.inside.pipe(tls)
    secured.inside.on('end', () => {
      if (secured.left) tls.destroySoon()
    })
  }
}

function checked({ cert, key }: Certificate): Certificate {
  try {
    createSecureContext({ cert, key })
    return { cert, key }
  } catch (error) {
    throw new Error(`certificate: ${(error as Error).message}`, { cause: error })
  }
}

function streamOf(fd: number): Socket {
  return new Socket({ fd, readable: true, writable: true, allowHalfOpen: true })
}

function keyOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`
}

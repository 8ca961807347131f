import { EAGAIN, EINPROGRESS, EINTR, EMFILE, ENFILE, ENOBUFS, ENOMEM } from './errno.ts'
import * as libc from './libc.ts'
import { endpointOf, internetAddress } from './sockaddr.ts'
import { boundSocket, type Endpoint } from './sockets.ts'

/** A TCP socket by its number, bound and nothing else: for ports that have to be chosen at once. */
export interface TcpDescriptorOptions {
  readonly address: string
  /** Default 0: any free one. */
  readonly port?: number
  /**
   * SO_REUSEPORT; default false. A port that is listened on can be connected from as well when all its sockets have it;
   * but then nothing fails any more for a port that is taken twice by one user.
   */
  readonly reusePort?: boolean
}

/**
 * Opens and binds it, with SO_REUSEADDR; `net.Server.listen({ fd })` takes it over. Throws {@link SystemError}
 * (EADDRINUSE, EADDRNOTAVAIL, …) that names the address.
 */
export function openTcp({ address, port = 0, reusePort = false }: TcpDescriptorOptions): number {
  return boundSocket(libc.SOCK_STREAM, { namespace: undefined, address, port, reuseAddress: true, reusePort })
}

/** As many as Node has by default. */
const BACKLOG = 511

/** From now on others can connect to it. Throws {@link SystemError} (EADDRINUSE, …). */
export function listenTcp(fd: number): void {
  libc.listen(fd, BACKLOG)
}

/** A connection that came to a listening socket. */
export interface Accepted {
  readonly fd: number
  /** Who connected; an IPv4 address at a socket of both families is a mapped one (::ffff:192.0.2.1). */
  readonly remote: Endpoint
}

/** Where accepting is no use for a while: no descriptors or no memory are left. */
const exhausted: ReadonlySet<number> = new Set([EMFILE, ENFILE, ENOBUFS, ENOMEM])

/** The next connection; undefined when there is none now; `full` when there may be but nothing is left to have it with. */
export function acceptTcp(fd: number): Accepted | undefined | 'full' {
  const address = new Uint8Array(28) // struct sockaddr_in6, the longer one
  for (;;) {
    const result = libc.acceptNow(fd, address)
    if (result >= 0) return { fd: result, remote: endpointOf(address) }
    if (result === -EAGAIN) return undefined
    if (exhausted.has(-result)) return 'full'
    // Anything else is of a connection that did not come about (accept(2)): the next one may have.
    if (result !== -EINTR) return undefined
  }
}

/** Begins to connect; 0 when that is under way or done, else the errno. {@link connectError} says how it went. */
export function connectTcp(fd: number, { address, port }: Endpoint): number {
  const result = -libc.connectNow(fd, internetAddress(address, port))
  return result === EINPROGRESS ? 0 : result
}

/** What became of connecting, once the socket can be written: an errno, 0 for success. */
export function connectError(fd: number): number {
  return libc.getsockopt(fd, libc.SOL_SOCKET, libc.SO_ERROR)
}

/** Where a socket is bound. */
export function localEndpoint(fd: number): Endpoint {
  return endpointOf(libc.getsockname(fd))
}

/** Small pieces leave at once (TCP_NODELAY). */
export function setNoDelay(fd: number): void {
  libc.setsockopt(fd, libc.IPPROTO_TCP, libc.TCP_NODELAY, 1)
}

/** Nothing more is sent: the other end reads to the end of what was. Receiving goes on. */
export function endSending(fd: number): void {
  libc.shutdownWrite(fd)
}

/** Closes a connection at once, with a reset (SO_LINGER of no time). */
export function resetDescriptor(fd: number): void {
  libc.setsockoptBytes(fd, libc.SOL_SOCKET, libc.SO_LINGER, new Uint8Array(new Int32Array([1, 0]).buffer))
  libc.close(fd)
}

/** Two streams that are each other's other end: what is written to one is read from the other. */
export function streamPair(): readonly [number, number] {
  return libc.socketPair()
}

/** Sends to a stream; returns how many bytes the kernel took, or a negative errno. Never waits. */
export function sendBytes(fd: number, bytes: Uint8Array): number {
  for (;;) {
    const result = libc.sendNow(fd, bytes)
    if (result !== -EINTR) return result
  }
}

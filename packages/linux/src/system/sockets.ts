import dgram from 'node:dgram'
import { once } from 'node:events'
import net from 'node:net'
import { parseIp } from '../address/ip.ts'
import { EINPROGRESS, ETIMEDOUT, SystemError } from './errno.ts'
import * as libc from './libc.ts'
import { writable } from './readiness.ts'
import { internetAddress } from './sockaddr.ts'

/**
 * Ordinary dgram and net objects whose sockets live in a namespace of choice. Node alone can't make them: it binds
 * late, when the thread is back outside. Here the descriptor is made and bound inside, then given to Node.
 */

/** Where a socket lives, and what it is bound to. */
export interface SocketOptions {
  /** Default: the namespace of the calling thread. */
  readonly namespace?: { run<T>(fn: () => T): T } | undefined
  /** Default: '0.0.0.0'. */
  readonly address?: string | undefined
  /** Default: 0, any free one. */
  readonly port?: number | undefined
  /** SO_REUSEADDR; default: on for TCP as everywhere in Node, off for UDP. */
  readonly reuseAddress?: boolean | undefined
  /** SO_REUSEPORT: to listen where others connect from, if all of them have it. Default: off. */
  readonly reusePort?: boolean | undefined
}

export interface Endpoint {
  readonly address: string
  readonly port: number
}

/** A bound UDP socket. Throws {@link SystemError} (EADDRINUSE, EADDRNOTAVAIL, …) naming the address. */
export async function udpSocket(options: SocketOptions = {}): Promise<dgram.Socket> {
  const { address = '0.0.0.0', port = 0, reuseAddress = false, reusePort = false, namespace } = options
  const fd = boundSocket(libc.SOCK_DGRAM, { namespace, address, port, reuseAddress, reusePort })
  const socket = dgram.createSocket(parseIp(address).family === 4 ? 'udp4' : 'udp6')
  return await adopted(fd, socket, () => socket.bind({ fd, exclusive: true }))
}

/** A listening TCP server. Throws {@link SystemError} (EADDRINUSE, EADDRNOTAVAIL, …) naming the address. */
export async function tcpListen(
  options: SocketOptions & { readonly allowHalfOpen?: boolean | undefined; readonly backlog?: number | undefined } = {},
): Promise<net.Server> {
  const { address = '0.0.0.0', port = 0, reuseAddress = true, reusePort = false, namespace } = options
  const fd = boundSocket(libc.SOCK_STREAM, { namespace, address, port, reuseAddress, reusePort })
  const server = net.createServer({ allowHalfOpen: options.allowHalfOpen ?? false })
  return await adopted(fd, server, () => server.listen({ fd, backlog: options.backlog ?? 511, exclusive: true }))
}

export interface ConnectOptions {
  readonly namespace?: SocketOptions['namespace']
  readonly to: Endpoint
  /** Address and port to connect from; default: what the kernel chooses. SO_REUSEADDR is set. */
  readonly from?: { readonly address?: string | undefined; readonly port?: number | undefined } | undefined
  /** SO_REUSEPORT: to connect from where others listen, if all of them have it. Default: off. */
  readonly reusePort?: boolean | undefined
  /** Milliseconds until ETIMEDOUT; default 10,000. */
  readonly timeout?: number | undefined
  readonly allowHalfOpen?: boolean | undefined
}

/** A connected TCP socket. Throws {@link SystemError}: ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, …. */
export async function tcpConnect(options: ConnectOptions): Promise<net.Socket> {
  const { namespace, to, from, reusePort = false, timeout = 10_000, allowHalfOpen = false } = options
  const address = from?.address ?? (parseIp(to.address).family === 4 ? '0.0.0.0' : '::')
  const fd = boundSocket(libc.SOCK_STREAM, { namespace, address, port: from?.port ?? 0, reuseAddress: true, reusePort })
  try {
    await connected(fd, to, timeout)
    return new net.Socket({ fd, readable: true, writable: true, allowHalfOpen })
  } catch (error) {
    libc.close(fd)
    throw error
  }
}

async function connected(fd: number, to: Endpoint, timeout: number): Promise<void> {
  const call = `connect ${show(to)}`
  naming(call, () => {
    try {
      libc.connect(fd, internetAddress(to.address, to.port))
    } catch (error) {
      if (!(error instanceof SystemError) || error.errno !== EINPROGRESS) throw error
    }
  })
  if (!(await writable(fd, timeout))) throw new SystemError(call, ETIMEDOUT, `no answer in ${timeout} ms`)
  const errno = libc.getsockopt(fd, libc.SOL_SOCKET, libc.SO_ERROR)
  if (errno !== 0) throw new SystemError(call, errno)
}

/** {@link SocketOptions} with nothing left open. */
export interface BoundSocket {
  readonly namespace: SocketOptions['namespace']
  readonly address: string
  readonly port: number
  readonly reuseAddress: boolean
  readonly reusePort?: boolean
}

/** The descriptor of a non-blocking socket of a type (SOCK_*), made and bound in a namespace. */
export function boundSocket(
  type: number,
  { namespace, address, port, reuseAddress, reusePort = false }: BoundSocket,
): number {
  checkPort(port)
  const { family } = parseIp(address)
  const open = (): number => {
    const fd = libc.socket(
      family === 4 ? libc.AF_INET : libc.AF_INET6,
      type | libc.SOCK_CLOEXEC | libc.SOCK_NONBLOCK,
      0,
    )
    try {
      if (reuseAddress) libc.setsockopt(fd, libc.SOL_SOCKET, libc.SO_REUSEADDR, 1)
      if (reusePort) libc.setsockopt(fd, libc.SOL_SOCKET, libc.SO_REUSEPORT, 1)
      naming(`bind ${show({ address, port })}`, () => libc.bind(fd, internetAddress(address, port)))
      return fd
    } catch (error) {
      libc.close(fd)
      throw error
    }
  }
  return namespace === undefined ? open() : namespace.run(open)
}

/** Waits until Node has taken the descriptor over; from then on closing the object closes it. */
async function adopted<T extends NodeJS.EventEmitter>(fd: number, object: T, adopt: () => void): Promise<T> {
  try {
    const listening = once(object, 'listening')
    adopt()
    await listening
    return object
  } catch (error) {
    libc.close(fd)
    throw error
  }
}

function naming<T>(call: string, fn: () => T): T {
  try {
    return fn()
  } catch (error) {
    throw error instanceof SystemError ? new SystemError(call, error.errno) : error
  }
}

export function checkPort(port: number): void {
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new RangeError(`port ${port} is not 0 to 65535`)
}

function show({ address, port }: Endpoint): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

import type { LabNode } from '@sallyport/lab'
import { parseIp } from '@sallyport/linux'
import koffi from 'koffi'

/**
 * The system calls that these tests need and that nothing of Sallyport does: raw sockets, socket options, and the
 * error queue. Descriptors are made inside a node's namespace and belong to it for good.
 */
const lib = koffi.load(null)

const c = {
  socket: lib.func('int socket(int domain, int type, int protocol)'),
  bind: lib.func('int bind(int fd, const void *address, uint32_t length)'),
  sendto: lib.func('long sendto(int fd, const void *bytes, size_t length, int flags, const void *to, uint32_t size)'),
  recv: lib.func('long recv(int fd, void *bytes, size_t length, int flags)'),
  setsockopt: lib.func('int setsockopt(int fd, int level, int name, const void *value, uint32_t length)'),
  getsockopt: lib.func('int getsockopt(int fd, int level, int name, void *value, void *length)'),
  poll: lib.func('int poll(void *descriptors, unsigned long count, int milliseconds)'),
  close: lib.func('int close(int fd)'),
} as const

export const SOCK_DGRAM = 2
export const SOCK_RAW = 3
export const IPPROTO_IP = 0
export const IPPROTO_ICMP = 1
export const IPPROTO_IPV6 = 41
export const IPPROTO_ICMPV6 = 58
export const IPPROTO_RAW = 255
/** linux/in.h: option numbers at level IPPROTO_IP. */
export const IP_TTL = 2
export const IP_MTU_DISCOVER = 10
export const IP_MTU = 14
export const IP_PMTUDISC_DO = 2
/** linux/in6.h: option numbers at level IPPROTO_IPV6. */
export const IPV6_MTU_DISCOVER = 23
export const IPV6_MTU = 24

const AF_INET = 2
const AF_INET6 = 10
const SOCK_NONBLOCK = 0o4000
const SOCK_CLOEXEC = 0o2000000
const EAGAIN = 11
const POLLIN = 1

/** Throws with the errno's name as `code`, as Node does. */
function checked(call: string, result: number): number {
  if (result >= 0) return result
  const errno = koffi.errno()
  const code = Object.entries(koffi.os.errno).find(([, number]) => number === errno)?.[0] ?? `errno ${errno}`
  throw Object.assign(new Error(`${call}: ${code}`), { code, errno })
}

export interface NewSocket {
  readonly type: number
  readonly protocol: number
  readonly family?: 4 | 6
  /** Default: not bound. */
  readonly bind?: { readonly address?: string; readonly port?: number }
  readonly options?: readonly (readonly [level: number, name: number, value: number])[]
}

/** A descriptor of a node's, for {@link close} or for dgram's bind({ fd }). */
export function socketIn(node: LabNode, { type, protocol, family = 4, bind, options = [] }: NewSocket): number {
  return node.run(() => {
    const domain = family === 4 ? AF_INET : AF_INET6
    const fd = checked('socket', c.socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol))
    for (const [level, name, value] of options) setOption(fd, level, name, value)
    if (bind !== undefined) {
      const address = sockaddr(bind.address ?? (family === 4 ? '0.0.0.0' : '::'), bind.port ?? 0)
      checked('bind', c.bind(fd, address, address.length))
    }
    return fd
  })
}

export function setOption(fd: number, level: number, name: number, value: number): void {
  checked('setsockopt', c.setsockopt(fd, level, name, new Int32Array([value]), 4))
}

export function option(fd: number, level: number, name: number): number {
  const value = new Int32Array(1)
  checked('getsockopt', c.getsockopt(fd, level, name, value, new Uint32Array([4])))
  return value[0]!
}

export function sendTo(fd: number, bytes: Uint8Array, address: string, port = 0): void {
  const to = sockaddr(address, port)
  checked(`sendto ${address}`, c.sendto(fd, bytes, bytes.length, 0, to, to.length))
}

/** What is queued, or undefined. */
export function take(fd: number): Uint8Array | undefined {
  const bytes = new Uint8Array(65536)
  const length = c.recv(fd, bytes, bytes.length, 0)
  if (length < 0 && koffi.errno() === EAGAIN) return undefined
  return bytes.slice(0, checked('recv', length))
}

/** True when there is something to take, false after that many milliseconds. */
export function readable(fd: number, milliseconds: number): Promise<boolean> {
  const descriptor = new DataView(new ArrayBuffer(8)) // struct pollfd
  descriptor.setInt32(0, fd, true)
  descriptor.setInt16(4, POLLIN, true)
  return new Promise((resolve, reject) => {
    c.poll.async(new Uint8Array(descriptor.buffer), 1, milliseconds, (error: unknown, ready: number) =>
      error ? reject(error) : resolve(ready > 0),
    )
  })
}

export function close(fd: number): void {
  checked('close', c.close(fd))
}

/** struct sockaddr_in or sockaddr_in6. */
function sockaddr(address: string, port: number): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(address.includes(':') ? 28 : 16))
  bytes.setUint16(0, address.includes(':') ? AF_INET6 : AF_INET, true)
  bytes.setUint16(2, port)
  const at = address.includes(':') ? 8 : 4
  new Uint8Array(bytes.buffer).set(parseIp(address).bytes, at)
  return new Uint8Array(bytes.buffer)
}

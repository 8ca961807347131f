import { isOfEarlier } from './errno.ts'
import * as libc from './libc.ts'
import { internetAddress, portOf } from './sockaddr.ts'
import { boundSocket } from './sockets.ts'

/** How often something is sent: a call may fail for an ICMP error about an earlier datagram. */
export const ATTEMPTS = 3

const IPPROTO_IP = 0
const IP_MTU_DISCOVER = 10
const IP_PMTUDISC_DONT = 0
const IP_PMTUDISC_DO = 2
const IPV6_MTU_DISCOVER = 23

/** A UDP socket by its number, for loops that send and receive by themselves. Threads share numbers. */
export interface UdpDescriptorOptions {
  readonly address: string
  /** Default 0: any free one. */
  readonly port?: number
  /** SO_REUSEPORT: several sockets of one address and port, among which the kernel spreads senders; default false. */
  readonly reusePort?: boolean
  /** Bytes that may queue up unsent or unread, as far as the kernel allows. */
  readonly buffer?: number
}

/** Opens and binds it. Throws {@link SystemError} (EADDRINUSE, EADDRNOTAVAIL, …) that names the address. */
export function openUdp({ address, port = 0, reusePort = false, buffer }: UdpDescriptorOptions): number {
  const options = { namespace: undefined, address, port, reuseAddress: false, reusePort }
  const fd = boundSocket(libc.SOCK_DGRAM, options)
  if (buffer !== undefined) {
    libc.growBuffer(fd, 'send', buffer)
    libc.growBuffer(fd, 'receive', buffer)
  }
  return fd
}

export function closeDescriptor(fd: number): void {
  libc.close(fd)
}

/** The port that the kernel chose. */
export function portOfDescriptor(fd: number): number {
  return portOf(libc.getsockname(fd))
}

/** Whether what is sent from now on has DF: too long ones are refused (EMSGSIZE) instead of fragmented. */
export function setDontFragment(fd: number, family: 4 | 6, on: boolean): void {
  const [level, name] = family === 4 ? [IPPROTO_IP, IP_MTU_DISCOVER] : [libc.IPPROTO_IPV6, IPV6_MTU_DISCOVER]
  libc.setsockopt(fd, level, name, on ? IP_PMTUDISC_DO : IP_PMTUDISC_DONT)
}

/** `struct sockaddr_in` or `sockaddr_in6` of an endpoint. Throws RangeError for what is no IP address. */
export function socketAddress(address: string, port: number): Uint8Array {
  const bytes = internetAddress(address, port)
  return Uint8Array.from(bytes)
}

/** Sends one datagram; false when the socket's buffer is full or the kernel refuses it. */
export function sendDatagram(fd: number, bytes: Uint8Array, to: Uint8Array): boolean {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const result = libc.sendtoNow(fd, bytes, to)
    if (result >= 0) return true
    if (!isOfEarlier(-result)) return false
  }
  return false
}

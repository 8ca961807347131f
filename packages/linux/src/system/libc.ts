import koffi from 'koffi'
import { littleEndian } from '../bytes/index.ts'
import { EAGAIN, EINTR, ENOSYS, ENOTCONN, EPERM, isOfEarlier, SystemError } from './errno.ts'

/**
 * The system calls that Node does not offer, under their C names. This is the only file that loads the FFI.
 *
 * Every function throws {@link SystemError} where C returns -1. Calls are synchronous and meant for descriptors that
 * do not block; the one that waits, {@link epollWait}, runs on a thread of libuv's pool.
 */

// The process itself: whichever libc Node was linked with, glibc or musl.
const lib = koffi.load(null)

const c = {
  socket: lib.func('int socket(int domain, int type, int protocol)'),
  bind: lib.func('int bind(int fd, const void *address, uint32_t length)'),
  connect: lib.func('int connect(int fd, const void *address, uint32_t length)'),
  getsockname: lib.func('int getsockname(int fd, void *address, void *length)'),
  setsockopt: lib.func('int setsockopt(int fd, int level, int name, const void *value, uint32_t length)'),
  getsockopt: lib.func('int getsockopt(int fd, int level, int name, void *value, void *length)'),
  listen: lib.func('int listen(int fd, int backlog)'),
  accept4: lib.func('int accept4(int fd, void *address, void *length, int flags)'),
  shutdown: lib.func('int shutdown(int fd, int how)'),
  socketpair: lib.func('int socketpair(int domain, int type, int protocol, void *fds)'),
  send: lib.func('long send(int fd, const void *bytes, size_t length, int flags)'),
  recv: lib.func('long recv(int fd, void *bytes, size_t length, int flags)'),
  // The same by a number for the address: no view has to be made of a piece of memory.
  sendAt: lib.func('long send(int fd, uint64_t bytes, size_t length, int flags)'),
  recvAt: lib.func('long recv(int fd, uint64_t bytes, size_t length, int flags)'),
  sendtoAt: lib.func('long sendto(int fd, uint64_t bytes, size_t length, int flags, uint64_t to, uint32_t size)'),
  recvfromAt: lib.func('long recvfrom(int fd, uint64_t bytes, size_t length, int flags, uint64_t from, uint64_t size)'),
  sendto: lib.func('long sendto(int fd, const void *bytes, size_t length, int flags, const void *to, uint32_t size)'),
  recvfrom: lib.func('long recvfrom(int fd, void *bytes, size_t length, int flags, void *from, void *size)'),
  sendmmsg: lib.func('int sendmmsg(int fd, void *messages, unsigned int count, int flags)'),
  recvmmsg: lib.func('int recvmmsg(int fd, void *messages, unsigned int count, int flags, void *timeout)'),
  close: lib.func('int close(int fd)'),
  mmap: lib.func('void *mmap(void *address, size_t length, int protection, int flags, int fd, int64_t offset)'),
  munmap: lib.func('int munmap(void *address, size_t length)'),
  clockGettime: lib.func('int clock_gettime(int clock, void *time)'),
  schedSetScheduler: lib.func('int sched_setscheduler(int pid, int policy, const void *parameters)'),
  ppoll: lib.func('int ppoll(void *fds, unsigned long count, const void *timeout, const void *mask)'),
  unshare: lib.func('int unshare(int flags)'),
  setns: lib.func('int setns(int fd, int type)'),
  eventfd: lib.func('int eventfd(unsigned int initial, int flags)'),
  read: lib.func('long read(int fd, void *bytes, size_t length)'),
  write: lib.func('long write(int fd, const void *bytes, size_t length)'),
  epollCreate: lib.func('int epoll_create1(int flags)'),
  epollControl: lib.func('int epoll_ctl(int epoll, int operation, int fd, void *event)'),
  epollWait: lib.func('int epoll_wait(int epoll, void *events, int count, int timeout)'),
} as const

export const AF_UNIX = 1
export const AF_INET = 2
export const AF_INET6 = 10
export const AF_NETLINK = 16
export const AF_PACKET = 17

export const SOCK_STREAM = 1
export const SOCK_DGRAM = 2
export const SOCK_RAW = 3
export const SOCK_NONBLOCK = 0o4000
export const SOCK_CLOEXEC = 0o2000000

export const SOL_SOCKET = 1
export const SO_REUSEADDR = 2
export const SO_REUSEPORT = 15
export const SO_ERROR = 4
export const SO_LINGER = 13
export const SO_SNDBUF = 7
export const SO_RCVBUF = 8
export const SO_SNDBUFFORCE = 32
export const SO_RCVBUFFORCE = 33

export const IPPROTO_TCP = 6
export const TCP_NODELAY = 1
export const IPPROTO_IPV6 = 41
export const IPV6_V6ONLY = 26

export const MSG_TRUNC = 0x20
export const MSG_DONTWAIT = 0x40
const MSG_ERRQUEUE = 0x2000
const MSG_NOSIGNAL = 0x4000
const SHUT_WR = 1

export const CLONE_NEWNET = 0x40000000

const EPOLL_CTL_ADD = 1
const EPOLL_CTL_DEL = 2
const EPOLL_CTL_MOD = 3
export const EPOLLIN = 0x1
export const EPOLLOUT = 0x4
export const EPOLLERR = 0x8
export const EPOLLHUP = 0x10

function checked(call: string, result: number): number {
  if (result < 0) throw new SystemError(call, koffi.errno())
  return result
}

export function socket(domain: number, type: number, protocol: number): number {
  return checked('socket', c.socket(domain, type, protocol))
}

export function bind(fd: number, address: Uint8Array): void {
  checked('bind', c.bind(fd, address, address.length))
}

export function connect(fd: number, address: Uint8Array): void {
  checked('connect', c.connect(fd, address, address.length))
}

/** The socket's own address, as a `sockaddr` of its family. */
export function getsockname(fd: number): Uint8Array {
  const address = new Uint8Array(128) // sizeof(struct sockaddr_storage)
  const length = new Uint32Array([address.length])
  checked('getsockname', c.getsockname(fd, address, length))
  return address.subarray(0, length[0])
}

/** Sets an option whose value is an int, as nearly all are. */
export function setsockopt(fd: number, level: number, name: number, value: number): void {
  checked('setsockopt', c.setsockopt(fd, level, name, new Int32Array([value]), 4))
}

/** Sets an option whose value is a struct. */
export function setsockoptBytes(fd: number, level: number, name: number, value: Uint8Array): void {
  checked('setsockopt', c.setsockopt(fd, level, name, value, value.length))
}

/** Reads an option whose value is a struct; returns how many bytes of `into` were written. */
export function getsockoptBytes(fd: number, level: number, name: number, into: Uint8Array): number {
  const length = new Uint32Array([into.length])
  checked('getsockopt', c.getsockopt(fd, level, name, into, length))
  return length[0]!
}

/** Reads an option whose value is an int. */
export function getsockopt(fd: number, level: number, name: number): number {
  const value = new Int32Array(1)
  checked('getsockopt', c.getsockopt(fd, level, name, value, new Uint32Array([4])))
  return value[0]!
}

/**
 * Asks for a socket buffer of that many bytes. With CAP_NET_ADMIN over the first user namespace any size goes
 * (SO_*BUFFORCE); else as much as net.core.wmem_max or rmem_max allow.
 */
export function growBuffer(fd: number, which: 'send' | 'receive', bytes: number): void {
  const [force, plain] = which === 'send' ? [SO_SNDBUFFORCE, SO_SNDBUF] : [SO_RCVBUFFORCE, SO_RCVBUF]
  try {
    setsockopt(fd, SOL_SOCKET, force, bytes)
  } catch (error) {
    if (!(error instanceof SystemError) || error.errno !== EPERM) throw error
    setsockopt(fd, SOL_SOCKET, plain, bytes)
  }
}

/** Sends to the connected peer; returns how many bytes the kernel took. */
export function send(fd: number, bytes: Uint8Array, flags: number): number {
  return checked('send', c.send(fd, bytes, bytes.length, flags))
}

/** Receives into `into`; with MSG_TRUNC the result is the datagram's true length, which may be more. */
export function recv(fd: number, into: Uint8Array, flags: number): number {
  return checked('recv', c.recv(fd, into, into.length, flags))
}

/** {@link recv} without waiting; undefined when nothing is queued, which is too common for an exception. */
export function recvQueued(fd: number, into: Uint8Array, flags: number): number | undefined {
  const result = c.recv(fd, into, into.length, flags | MSG_DONTWAIT)
  return result < 0 && koffi.errno() === EAGAIN ? undefined : checked('recv', result)
}

/** Sends to a `sockaddr`; returns how many bytes the kernel took. */
export function sendto(fd: number, bytes: Uint8Array, to: Uint8Array): number {
  return checked('sendto', c.sendto(fd, bytes, bytes.length, 0, to, to.length))
}

/**
 * {@link recvQueued} that writes the sender's `sockaddr` into `from` as well. The result is the datagram's true length,
 * which may be more than `into` has room for.
 */
export function recvfromQueued(fd: number, into: Uint8Array, from: Uint8Array): number | undefined {
  const size = new Uint32Array([from.length])
  const result = c.recvfrom(fd, into, into.length, MSG_DONTWAIT | MSG_TRUNC, from, size)
  return result < 0 && koffi.errno() === EAGAIN ? undefined : checked('recvfrom', result)
}

/** Sends `count` datagrams described by an array of `struct mmsghdr`; returns how many were taken. */
export function sendmmsg(fd: number, messages: Uint8Array, count: number, flags: number): number {
  return checked('sendmmsg', c.sendmmsg(fd, messages, count, flags))
}

/** Receives up to `count` datagrams into an array of `struct mmsghdr`; returns how many came. */
export function recvmmsg(fd: number, messages: Uint8Array, count: number, flags: number): number {
  return checked('recvmmsg', c.recvmmsg(fd, messages, count, flags, null))
}

export function close(fd: number): void {
  checked('close', c.close(fd))
}

/** Moves the calling thread (and no other) into new namespaces. */
export function unshare(flags: number): void {
  checked('unshare', c.unshare(flags))
}

/** Moves the calling thread (and no other) into the namespace behind `fd`. */
export function setns(fd: number, type: number): void {
  checked('setns', c.setns(fd, type))
}

/** A non-blocking eventfd: {@link signalEvent} makes it readable, {@link clearEvent} unreadable again. */
export function eventfd(): number {
  return checked('eventfd', c.eventfd(0, SOCK_NONBLOCK | SOCK_CLOEXEC))
}

export function signalEvent(fd: number): void {
  checked('write', c.write(fd, new BigUint64Array([1n]), 8))
}

export function clearEvent(fd: number): void {
  checked('read', c.read(fd, new BigUint64Array(1), 8))
}

export function epollCreate(): number {
  return checked('epoll_create1', c.epollCreate(SOCK_CLOEXEC))
}

// struct epoll_event is packed on x86-64 alone: u32 events, then u64 data at 4 there, at 8 elsewhere.
const EPOLL_DATA = process.arch === 'x64' ? 4 : 8
const EPOLL_EVENT = EPOLL_DATA + 8

function epollEvent(events: number, ticket: number): Uint8Array {
  const event = new DataView(new ArrayBuffer(EPOLL_EVENT))
  event.setUint32(0, events, littleEndian)
  event.setUint32(EPOLL_DATA, ticket, littleEndian)
  return new Uint8Array(event.buffer)
}

/** Registers `fd`; when it is ready, {@link epollWait} gives its `ticket` (32 bits, of the caller's choice). */
export function epollAdd(epoll: number, fd: number, events: number, ticket: number): void {
  checked('epoll_ctl', c.epollControl(epoll, EPOLL_CTL_ADD, fd, epollEvent(events, ticket)))
}

/** Other events from now on. */
export function epollChange(epoll: number, fd: number, events: number, ticket: number): void {
  checked('epoll_ctl', c.epollControl(epoll, EPOLL_CTL_MOD, fd, epollEvent(events, ticket)))
}

export function epollRemove(epoll: number, fd: number): void {
  checked('epoll_ctl', c.epollControl(epoll, EPOLL_CTL_DEL, fd, null))
}

/**
 * Tickets of what is ready. Blocks a thread of the pool, not the caller, until there is at least one; empty after
 * `timeoutMs` (-1: never) or a signal.
 */
export function epollWait(epoll: number, timeoutMs: number): Promise<number[]> {
  const capacity = 64
  const events = new Uint8Array(capacity * EPOLL_EVENT)
  const view = new DataView(events.buffer)
  return new Promise((resolve, reject) => {
    c.epollWait.async(epoll, events, capacity, timeoutMs, (error: unknown, count: number) => {
      const errno = koffi.errno() // in the callback of an asynchronous call: the errno of that call
      if (error) return reject(error)
      if (count < 0) return errno === EINTR ? resolve([]) : reject(new SystemError('epoll_wait', errno))
      resolve(Array.from({ length: count }, (_, i) => view.getUint32(i * EPOLL_EVENT + EPOLL_DATA, littleEndian)))
    })
  })
}

/**
 * Waits on the calling thread until one of `count` `struct pollfd` is ready; false after the timeout (a `struct
 * timespec`; null: never) or a signal.
 */
export function ppoll(fds: Uint8Array, count: number, timeout: BigInt64Array | null): boolean {
  const result = c.ppoll(fds, count, timeout, null)
  return result < 0 && koffi.errno() === EINTR ? false : checked('ppoll', result) > 0
}

const SCHED_RR = 2
const SCHED_RESET_ON_FORK = 0x40000000

/**
 * Asks that the calling thread (and no other of the process) run as soon as it has something to do, whatever else the
 * machine is doing (SCHED_RR, the least of its priorities). For threads that sleep most of the time. False: it is not
 * allowed to (that takes CAP_SYS_NICE over the first user namespace, as root has it), and all is as it was.
 */
export function runFirst(): boolean {
  const result = c.schedSetScheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, new Int32Array([1]))
  if (result < 0 && (koffi.errno() === EPERM || koffi.errno() === ENOSYS)) return false // musl has only the name of it
  checked('sched_setscheduler', result)
  return true
}

const CLOCK_REALTIME = 0
const timespec = new BigInt64Array(2)

/** Milliseconds since 1970, to the nanosecond that fits (Date.now has whole ones): what the kernel stamps frames with. */
export function realTime(): number {
  checked('clock_gettime', c.clockGettime(CLOCK_REALTIME, timespec))
  return Number(timespec[0]) * 1000 + Number(timespec[1]) / 1e6
}

const PROT_READ = 1
const PROT_WRITE = 2
const MAP_SHARED = 1

/** Memory shared with the kernel: the bytes, and their address for {@link munmap}. */
export function mmap(fd: number, length: number): { readonly memory: ArrayBuffer; readonly address: bigint } {
  const address: bigint = c.mmap(null, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
  if (BigInt.asIntN(64, address) === -1n) throw new SystemError('mmap', koffi.errno())
  return { memory: koffi.view(address, length), address }
}

/** Gives it back. Whoever touches the memory afterwards ends the process. */
export function munmap(address: bigint, length: number): void {
  checked('munmap', c.munmap(address, length))
}

/** Room for the events of {@link epollWaitHere}. */
export function epollEvents(capacity: number): Uint8Array {
  return new Uint8Array(capacity * EPOLL_EVENT)
}

/**
 * Waits on the calling thread itself; returns how many events were written. 0 after `timeoutMs` (-1: never) or a
 * signal. {@link epollTicket} reads them.
 */
export function epollWaitHere(epoll: number, events: Uint8Array, timeoutMs: number): number {
  const count = c.epollWait(epoll, events, events.length / EPOLL_EVENT, timeoutMs)
  return count < 0 && koffi.errno() === EINTR ? 0 : checked('epoll_wait', count)
}

/** What happened: bits EPOLL…. */
export function epollKinds(events: DataView, index: number): number {
  return events.getUint32(index * EPOLL_EVENT, littleEndian)
}

/** The ticket of an event. */
export function epollTicket(events: DataView, index: number): number {
  return events.getUint32(index * EPOLL_EVENT + EPOLL_DATA, littleEndian)
}

export function listen(fd: number, backlog: number): void {
  checked('listen', c.listen(fd, backlog))
}

/**
 * The next connection of a listening socket, non-blocking; its peer's `sockaddr` is written to `address`. A negative
 * errno where there is none.
 */
export function acceptNow(fd: number, address: Uint8Array): number {
  const length = new Uint32Array([address.length])
  const result = c.accept4(fd, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC)
  return result < 0 ? -koffi.errno() : result
}

/** {@link connect} that gives the errno as a negative number instead of throwing it: EINPROGRESS is the usual one. */
export function connectNow(fd: number, address: Uint8Array): number {
  return c.connect(fd, address, address.length) < 0 ? -koffi.errno() : 0
}

/** Nothing is written to a stream any more: its other end reads to the end. One that is gone needs not be told. */
export function shutdownWrite(fd: number): void {
  const result = c.shutdown(fd, SHUT_WR)
  if (result < 0 && koffi.errno() !== ENOTCONN) checked('shutdown', result)
}

/** Two streams that are each other's other end, non-blocking. */
export function socketPair(): readonly [number, number] {
  const fds = new Int32Array(2)
  checked('socketpair', c.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds))
  return [fds[0]!, fds[1]!]
}

/** {@link send} of what lies at an address. Never waits, and gives the errno as a negative number. */
export function sendAtNow(fd: number, address: number, length: number): number {
  const result = c.sendAt(fd, address, length, MSG_DONTWAIT | MSG_NOSIGNAL)
  return result < 0 ? -koffi.errno() : result
}

/** {@link recv} to an address. Never waits, and gives the errno as a negative number. */
export function recvAtNow(fd: number, address: number, length: number): number {
  const result = c.recvAt(fd, address, length, MSG_DONTWAIT)
  return result < 0 ? -koffi.errno() : result
}

/** {@link sendto} of what lies at an address, to a `sockaddr` at another. Never waits; a negative errno. */
export function sendtoAtNow(fd: number, address: number, length: number, to: number, size: number): number {
  const result = c.sendtoAt(fd, address, length, MSG_DONTWAIT, to, size)
  return result < 0 ? -koffi.errno() : result
}

/**
 * One datagram to an address, its sender's `sockaddr` to another, the length of that to a third. Never waits; a negative
 * errno.
 */
export function recvfromAtNow(fd: number, address: number, length: number, from: number, size: number): number {
  const result = c.recvfromAt(fd, address, length, MSG_DONTWAIT, from, size)
  return result < 0 ? -koffi.errno() : result
}

/** {@link send} that never waits, and gives the errno as a negative number. */
export function sendNow(fd: number, bytes: Uint8Array): number {
  const result = c.send(fd, bytes, bytes.length, MSG_DONTWAIT | MSG_NOSIGNAL)
  return result < 0 ? -koffi.errno() : result
}

/** {@link sendto} that gives the errno as a negative number instead of throwing it, and never waits. */
export function sendtoNow(fd: number, bytes: Uint8Array, to: Uint8Array): number {
  const result = c.sendto(fd, bytes, bytes.length, MSG_DONTWAIT, to, to.length)
  return result < 0 ? -koffi.errno() : result
}

/**
 * {@link recvmmsg} that never waits; 0 when nothing is queued, which is too common for an exception, and for an ICMP
 * error that the socket tells of first (IP_RECVERR): what is queued comes with the next call.
 */
export function recvmmsgQueued(fd: number, messages: Uint8Array, count: number): number {
  const result = c.recvmmsg(fd, messages, count, MSG_DONTWAIT, null)
  if (result >= 0) return result
  const errno = koffi.errno()
  return errno === EAGAIN || isOfEarlier(errno) ? 0 : checked('recvmmsg', result)
}

/** One message of the error queue; 0 when it is empty. */
export function recvError(fd: number, message: Uint8Array): number {
  const result = c.recvmmsg(fd, message, 1, MSG_ERRQUEUE | MSG_DONTWAIT, null)
  return result < 0 && koffi.errno() === EAGAIN ? 0 : checked('recvmmsg', result)
}

/** {@link sendmmsg} that gives the errno as a negative number instead of throwing it. */
export function sendmmsgNow(fd: number, messages: Uint8Array, count: number): number {
  const result = c.sendmmsg(fd, messages, count, MSG_DONTWAIT)
  return result < 0 ? -koffi.errno() : result
}

/** Where the first byte of `bytes` lies in memory; stays so for as long as its buffer is reachable. */
export function addressOf(bytes: Uint8Array): bigint {
  return koffi.address(bytes)
}

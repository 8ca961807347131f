/**
 * The seam between netlink's protocol and the kernel. Sending is synchronous, and when {@link Transport.send} returns
 * the kernel has queued its answers: {@link Transport.receive} takes them without waiting. Only events wait.
 */
export interface Transport extends Disposable {
  /** nl_pid of the socket: what the kernel puts into nlmsg_pid of answers, and of events that this socket caused. */
  readonly portId: number

  /**
   * Sends one datagram to the kernel. Throws NetlinkError when it is larger than the send buffer may become,
   * SystemError for anything else that the socket says.
   */
  send(datagram: Uint8Array): void

  /**
   * {@link send} on another thread: this one goes on while the kernel works, and several sockets are served at once.
   * {@link waitHere} waits for the answers; the promise resolves when the kernel has taken the datagram, but not before
   * this thread comes back to its event loop. One at a time, on a socket that has joined no group. Throws as send does;
   * rejects with SystemError. Absent where there is no kernel that takes its time.
   */
  sendAside?(datagram: Uint8Array): Promise<void>

  /**
   * The next datagram that is queued, undefined when there is none. It is the caller's to keep.
   * Throws SystemError with code ENOBUFS, once, after the kernel had to drop messages because the receive buffer
   * was full: events were lost, and a dump has to be repeated.
   */
  receive(): Uint8Array | undefined

  /**
   * Resolves true as soon as {@link receive} has something to say, false after `timeoutMs` milliseconds (default:
   * never) or when the transport is disposed. One wait at a time.
   */
  wait(timeoutMs?: number): Promise<boolean>

  /** As {@link wait}, on this thread: blocks it until {@link receive} has something to say. There with sendAside. */
  waitHere?(timeoutMs: number): boolean

  /** Joins a multicast group, by its number (NETLINK_ADD_MEMBERSHIP). */
  join(group: number): void

  /** Closes the socket, what {@link sendAside} has sent being sent first; a pending {@link wait} resolves false. Idempotent. */
  [Symbol.dispose](): void
}

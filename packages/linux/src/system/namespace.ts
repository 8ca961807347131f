import { closeSync, fstatSync, openSync, readlinkSync } from 'node:fs'
import * as libc from './libc.ts'

/**
 * A network namespace, held open by a descriptor: it lives as long as this object, a process or a link in it does.
 *
 * A thread is in one namespace at a time. {@link run} moves the calling thread in and back out around a synchronous
 * function, so that sockets and child processes made in there belong to the namespace for good, while everything else
 * of this process stays where it was.
 */
export class NetworkNamespace implements Disposable {
  #fd: number
  /** Inode of the namespace: two objects are about the same one if theirs are equal. */
  readonly inode: number

  private constructor(path: string) {
    this.#fd = openSync(path, 'r')
    this.inode = fstatSync(this.#fd).ino
  }

  /** Makes a new one, empty but for a `lo` that is down. Needs CAP_SYS_ADMIN: root, or a user namespace of one's own. */
  static create(): NetworkNamespace {
    using here = NetworkNamespace.current()
    libc.unshare(libc.CLONE_NEWNET)
    try {
      return NetworkNamespace.current()
    } finally {
      libc.setns(here.fd, libc.CLONE_NEWNET)
    }
  }

  /** Opens one by path: '/run/netns/NAME', '/proc/PID/ns/net', another's {@link path}. */
  static open(path: string): NetworkNamespace {
    return new NetworkNamespace(path)
  }

  /** The one that the calling thread is in. */
  static current(): NetworkNamespace {
    return new NetworkNamespace('/proc/thread-self/ns/net')
  }

  /** For setns, IFLA_NET_NS_FD and the like. Throws once this object is disposed of. */
  get fd(): number {
    if (this.#fd === -1) throw new Error('this network namespace has been disposed of')
    return this.#fd
  }

  /** A path to it for other programs (`nsenter --net=…`, `ip -n`), valid for as long as this object is open. */
  get path(): string {
    // Not process.pid: in a pid namespace of our own, /proc may still be the one outside.
    return `/proc/${readlinkSync('/proc/self')}/fd/${this.fd}`
  }

  /**
   * Calls `fn` with the calling thread in this namespace, and moves back whatever happens. `fn` has to be synchronous:
   * what it left running would continue outside. Child processes spawned by it start, and stay, inside.
   */
  run<T>(fn: () => T): T {
    using here = NetworkNamespace.current()
    libc.setns(this.fd, libc.CLONE_NEWNET)
    let result: T
    try {
      result = fn()
    } finally {
      libc.setns(here.fd, libc.CLONE_NEWNET)
    }
    if (isThenable(result)) {
      throw new TypeError('NetworkNamespace.run takes a synchronous function: what follows an await runs outside again')
    }
    return result
  }

  /** Lets go of it; the namespace ends when nothing else is in it. Idempotent. */
  [Symbol.dispose](): void {
    if (this.#fd === -1) return
    closeSync(this.#fd)
    this.#fd = -1
  }
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

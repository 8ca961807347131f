import { Arena, type InArena } from './arena.ts'
import { EINTR } from './errno.ts'
import * as libc from './libc.ts'

/**
 * Memory that any number of streams are received into, one after the other, and that datagrams and other streams can be
 * sent from: for loops that must not allocate for each message.
 */
export class StreamBuffer implements InArena {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly arena: Arena

  constructor(size: number) {
    this.arena = new Arena(size)
    this.bytes = this.arena.bytes
    this.view = this.arena.view
  }

  /**
   * Takes at most `most` bytes of a stream, and puts them at `at`; returns how many. 0: its other end has ended. A
   * negative errno: -EAGAIN where nothing has come. Never waits.
   */
  receive(fd: number, at: number, most: number): number {
    for (;;) {
      const result = libc.recvAtNow(fd, this.arena.address(at), Math.min(most, this.bytes.length - at))
      if (result !== -EINTR) return result
    }
  }
}

/** Sends `length` bytes at `at` to a stream; returns how many the kernel took, or a negative errno. Never waits. */
export function sendFrom({ arena }: InArena, fd: number, at: number, length: number): number {
  for (;;) {
    const result = libc.sendAtNow(fd, arena.address(at), length)
    if (result !== -EINTR) return result
  }
}

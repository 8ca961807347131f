import { closeSync, openSync, writeSync } from 'node:fs'

/** Where the bytes of a capture go. */
export interface Sink extends Disposable {
  write(bytes: Uint8Array): void
}

/** A new file, or an old one overwritten. Written at once, so that it is whole when the process is killed. */
export function openFile(path: string): Sink {
  const fd = openSync(path, 'w')
  let isOpen = true
  return {
    write(bytes) {
      for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at)
    },
    [Symbol.dispose]() {
      if (isOpen) closeSync(fd)
      isOpen = false
    },
  }
}

import { write } from 'node:fs'
import { SystemError } from './errno.ts'
import { yieldThread } from './readiness.ts'

/**
 * Writes to a descriptor on a thread of libuv's pool, for what the kernel works on before it returns. A thread takes it
 * at once, even if the caller does not come back to its event loop for long; the promise waits for the loop. Until it
 * is settled the descriptor has to stay open: its number could be another file's by the time a thread gets to it.
 * Rejects with {@link SystemError}.
 */
export function writeAside(fd: number, bytes: Uint8Array): Promise<void> {
  yieldThread()
  return new Promise((resolve, reject) => {
    write(fd, bytes, 0, bytes.length, null, (error) => {
      if (error === null) resolve()
      else reject(new SystemError('write', Math.abs(error.errno ?? 0)))
    })
  })
}

import type { UdpBatch } from '@sallyport/linux'

const PATIENCE = 200 // milliseconds
/** Nobody wakes who waits on it: a pause of a synchronous function. */
const never = new Int32Array(new SharedArrayBuffer(4))

/**
 * Takes what has arrived at the sockets, and returns how much that is; `visit` gets the socket's index and the payload.
 * Nearly always all is there as soon as it was sent. What the kernel has put off for its own thread is waited for.
 */
export function takeArrivals(
  sockets: readonly UdpBatch[],
  expected: number,
  visit: (socket: number, payload: Uint8Array) => void,
): number {
  let count = 0
  for (let waited = 0; count < expected && waited < PATIENCE; waited++) {
    if (waited > 0) Atomics.wait(never, 0, 0, 1)
    for (const [index, socket] of sockets.entries()) count += socket.receive((payload) => visit(index, payload))
  }
  return count
}

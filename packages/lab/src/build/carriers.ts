import type { Cable } from './cable.ts'

/** Milliseconds. */
export const PATIENCE = 10_000
const PAUSE = 0.2
/** Nobody wakes who waits on it: a pause of a synchronous function. */
const never = new Int32Array(new SharedArrayBuffer(4))

/**
 * Cables that are coming up. A switch drops what comes by a port until the kernel's link watcher, a thread of its own,
 * has seen that the other end is up: a matter of microseconds, or of some milliseconds on a busy machine.
 */
export class Carriers {
  readonly #expected = new Set<Cable>()

  expect(cable: Cable): void {
    this.#expected.add(cable)
  }

  /** Returns when all that are expected carry. Throws after ten seconds. */
  await(): void {
    for (const cable of this.#expected) {
      if (!cable.isDown && !patiently(() => cable.isRunning()))
        throw new Error(
          `the cable of node '${cable.end.node}' (${cable.end.interface}) has no carrier after ${PATIENCE} ms`,
        )
      this.#expected.delete(cable)
    }
  }

  /** Returns when the node has lost the carrier. */
  awaitDown(cable: Cable): void {
    if (!patiently(() => cable.nodeLink().state === 'down'))
      throw new Error(`node '${cable.end.node}' has not noticed in ${PATIENCE} ms that ${cable.end.interface} is down`)
  }
}

/** Asks until it is so; false when it took too long. */
export function patiently(isSo: () => boolean): boolean {
  for (let left = PATIENCE / PAUSE; left > 0; left -= 1) {
    if (isSo()) return true
    Atomics.wait(never, 0, 0, PAUSE)
  }
  return isSo()
}

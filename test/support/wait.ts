import { setTimeout as sleep } from 'node:timers/promises'

/** For states that no event tells of, such as an element of a set that times out: looks every 50 ms, and gives up. */
export async function until(holds: () => boolean | Promise<boolean>, milliseconds: number): Promise<void> {
  const end = performance.now() + milliseconds
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`still not so after ${milliseconds} ms: ${holds}`)
    await sleep(50)
  }
}

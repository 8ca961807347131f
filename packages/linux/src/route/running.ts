import type { Transport } from '../netlink/transport.ts'
import { ENOBUFS, ETIMEDOUT, SystemError } from '../system/errno.ts'
import type { Link } from './link.ts'

const RTNLGRP_LINK = 1

/** Asks again after every link event until there is an answer. Owns the transport that it hears the events on. */
export async function untilRunning(
  events: Transport,
  ask: () => Link | undefined,
  which: string | number,
  timeoutMs: number,
): Promise<Link> {
  using transport = events
  transport.join(RTNLGRP_LINK)
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const link = ask() // after joining, so that nothing happens between
    if (link !== undefined) return link
    const left = deadline - performance.now()
    if (left <= 0 || !(await transport.wait(left))) throw late(which, timeoutMs)
    discard(transport)
  }
}

/** What the events say doesn't matter, nor that some were lost: the kernel is asked anyway. */
function discard(transport: Transport): void {
  try {
    while (transport.receive() !== undefined) {}
  } catch (error) {
    if (!(error instanceof SystemError) || error.errno !== ENOBUFS) throw error
  }
}

function late(which: string | number, timeoutMs: number): SystemError {
  const hint = `not running after ${timeoutMs} ms: both ends have to be up (a bridge needs a port that is running)`
  return new SystemError(`wait for link ${which}`, ETIMEDOUT, hint)
}

import type { Transport } from '../netlink/transport.ts'
import { ENOBUFS, ETIMEDOUT, SystemError } from '../system/errno.ts'

// enum rtnetlink_groups, linux/rtnetlink.h
export const RTNLGRP_LINK = 1
export const RTNLGRP_IPV4_IFADDR = 5
export const RTNLGRP_IPV6_IFADDR = 9

/** Something that the kernel will come to, and says when. */
export interface Awaited<T> {
  /** Events of these groups (RTNLGRP_*) are a reason to ask again. */
  readonly groups: readonly number[]
  readonly ask: () => T | undefined
  /** 'link eth0', for the error. */
  readonly what: string
  readonly hint: string
  readonly timeoutMs: number
}

/** Asks again after every event until there is an answer. Owns the transport that it hears the events on. */
export async function until<T>(events: Transport, { groups, ask, what, hint, timeoutMs }: Awaited<T>): Promise<T> {
  using transport = events
  for (const group of groups) transport.join(group)
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const answer = ask() // after joining, so that nothing happens between
    if (answer !== undefined) return answer
    const left = deadline - performance.now()
    if (left <= 0 || !(await transport.wait(left))) {
      throw new SystemError(`wait for ${what}`, ETIMEDOUT, `not after ${timeoutMs} ms: ${hint}`)
    }
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

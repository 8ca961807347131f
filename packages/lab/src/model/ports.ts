import type { Ports } from '../nat/behaviour.ts'

/** First and last of the external ports that new mappings get; an inside port that is preserved may be any. */
export type PortPool = readonly [first: number, last: number]

/** What sequential allocation goes through, again and again: what the lab's routers do (nat/leave.ts). */
const sequence: PortPool = [20000, 21023]

/** Where another port of the same parity comes from. */
export const alike: PortPool = [20000, 22047]

/** What the lab's rules name where any port will do: RFC 6335 section 6, above the System Ports. */
const unprivileged: PortPool = [1024, 65535]

/** Where Linux looks for another port instead of this one, with nothing said: nf_nat_l4proto_unique_tuple. */
export function neighbours(port: number): PortPool {
  if (port >= 1024) return unprivileged
  return port < 512 ? [1, 511] : [600, 1023]
}

/** The ports that are tried when none is preserved. */
export function portPool(ports: Ports): PortPool {
  if (typeof ports === 'object') return ports.range
  return ports === 'sequential' ? sequence : unprivileged
}

/** The first port that is free, from a random one of the pool on, around its end; undefined: there is none. */
export function portFrom(
  [first, last]: PortPool,
  start: number,
  isFree: (port: number) => boolean,
): number | undefined {
  const size = last - first + 1
  for (let step = 0; step < size; step += 1) {
    const port = first + ((start - first + step) % size)
    if (isFree(port)) return port
  }
  return undefined
}

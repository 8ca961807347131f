import type { Allocation } from './allocation.ts'
import type { Relay } from './relays.ts'
import type { Request } from './request.ts'

/**
 * Servers that listen on one address together, of which a client that moves may meet any. Each has a number, and puts
 * it in front of its tickets and tokens; what one of them holds can be asked for, and is then the asker's alone.
 */
export interface Elsewhere {
  /** Ours; 1 to 255. */
  readonly number: number
  /** The allocation of a mobility ticket (RFC 8016), if it is the asking user's. */
  allocation(owner: number, ticket: Uint8Array, request: Request, then: (found: Allocation | NotFound) => void): void
  /** The relay that was kept for a token (RFC 8656 section 7.2). */
  reservation(owner: number, token: Uint8Array, then: (found: Relay | undefined) => void): void
}

export type NotFound = 'unknown' | 'of somebody else'

/** Random bytes behind our number, if there are others. */
export function marked(random: (bytes: number) => Uint8Array, bytes: number, number: number | undefined): Uint8Array {
  const made = random(bytes)
  if (number === undefined) return made
  const copy = Uint8Array.from(made)
  copy[0] = number
  return copy
}

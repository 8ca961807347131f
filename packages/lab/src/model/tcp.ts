import type { TcpFlags } from './packet.ts'

export type Side = 'inside' | 'outside'

/** What of a connection's life has been seen (RFC 7857 section 2.1). */
export interface Progress {
  /** Sides that have sent a SYN. */
  readonly syn: readonly Side[]
  /** Both have, and a segment without SYN followed. */
  readonly established: boolean
  /** Sides that have sent a FIN. */
  readonly fin: readonly Side[]
  readonly reset: boolean
}

export const newProgress: Progress = { syn: [], established: false, fin: [], reset: false }

/** Opening and closing are what RFC 5382 calls transitory; closed ones may be opened anew by a SYN. */
export type TcpPhase = 'opening' | 'established' | 'closing' | 'closed'

export function tcpPhase({ established, fin, reset }: Progress): TcpPhase {
  if (reset || fin.length === 2) return 'closed'
  if (fin.length === 1) return 'closing'
  return established ? 'established' : 'opening'
}

export function progressed(progress: Progress, flags: TcpFlags = {}, from: Side): Progress {
  const { syn = false, fin = false, rst = false } = flags
  return {
    syn: syn ? including(progress.syn, from) : progress.syn,
    established: progress.established || (progress.syn.length === 2 && !syn && !rst),
    fin: fin ? including(progress.fin, from) : progress.fin,
    reset: progress.reset || rst,
  }
}

function including(sides: readonly Side[], side: Side): readonly Side[] {
  return sides.includes(side) ? sides : [...sides, side]
}

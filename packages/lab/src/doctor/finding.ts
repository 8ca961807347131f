import { NetlinkError, SystemError } from '@sallyport/linux'
import { NftablesUnavailable, TransactionError } from '@sallyport/nftables'

/** What one probe found. */
export interface Finding {
  readonly group: 'namespaces' | 'kernel' | 'tools'
  readonly name: string
  readonly ok: boolean
  /** No lab runs without it. */
  readonly required: boolean
  /** What was done, or what the system said to it. */
  readonly detail: string
  /** What a lab uses instead, or does without; only where it is missing. */
  readonly instead?: string
  /** What a person can do about it; only where it is missing. */
  readonly fix?: string
}

/** One thing to find out. */
export interface Probe {
  readonly group: Finding['group']
  readonly name: string
  readonly required: boolean
  /** Does it; returns what it did, throws when it is not there. */
  readonly run: () => string
  readonly instead?: string
  readonly fix?: string
}

/** Why something is not there, in the words of the program that was asked. */
export class Missing extends Error {
  override readonly name = 'Missing'
}

/** The outcome of a probe. What no system says, a mistake of our own, is thrown on. */
export function find({ run, instead, fix, ...about }: Probe): Finding {
  try {
    return { ...about, ok: true, detail: run() }
  } catch (error) {
    return { ...about, ok: false, detail: refusalOf(error), ...(instead && { instead }), ...(fix && { fix }) }
  }
}

function refusalOf(error: unknown): string {
  // In one line: what was refused first; the rest follows from it.
  if (error instanceof TransactionError)
    return error.failures.length > 1 ? new TransactionError(error.failures.slice(0, 1)).message : error.message
  const refusals = [Missing, NetlinkError, NftablesUnavailable, SystemError]
  if (error instanceof Error && refusals.some((kind) => error instanceof kind)) return error.message
  throw error
}

/** True when labs run with what there is. */
export function labsRun(findings: readonly Finding[]): boolean {
  return findings.every(({ ok, required }) => ok || !required)
}

import type { Bench } from './rig/bench.ts'

export type Rfc = 4787 | 5382 | 5508 | 7857

/** Key words of RFC 2119; 'MUST NOT' is one of its own, since people look for it. */
export type Level = 'MUST' | 'MUST NOT' | 'SHOULD' | 'SHOULD NOT' | 'RECOMMENDED' | 'MAY'

/** 'not applicable': the requirement is about something that this NAT does not do. */
export type Verdict = 'pass' | 'fail' | 'not applicable' | 'not testable'

/** What a check found. */
export interface Finding {
  readonly verdict: Verdict
  /** What was sent and what was seen, a line each. */
  readonly evidence: readonly string[]
  /** What to do about a failure. */
  readonly advice?: string
  /** Why no ruleset on an unchanged Linux kernel can do better. */
  readonly limitation?: string
}

/** One requirement of an RFC. Sentences are ours; the RFC's own are in its `section`. */
export interface Requirement {
  readonly rfc: Rfc
  /** 'REQ-9a'; RFC 7857 has no numbers but sections: '§2.2'. */
  readonly id: string
  readonly level: Level
  readonly title: string
  readonly section: string
  /** How it is tested. */
  readonly method: string
  readonly check: (bench: Bench) => Promise<Finding> | Finding
}

/** True for what has to hold: a report with a failure here has failed. */
export function isMandatory({ level }: Pick<Requirement, 'level'>): boolean {
  return level === 'MUST' || level === 'MUST NOT'
}

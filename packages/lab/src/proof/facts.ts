/** What a proof finds out, in the words in which it is said. */
export type FactName =
  | 'UDP mapping'
  | 'UDP filtering'
  | 'UDP port'
  | 'hairpin'
  | 'UDP mapping of two hosts on one port'
  | 'one external port for both'
  | 'UDP port after a probe'
  | 'TCP mapping'
  | 'TCP filtering'
  | 'external addresses'

/** What is found, or expected, of each; absent: not looked at, or not foreseeable. */
export type Facts = Partial<Readonly<Record<FactName, string>>>

/** One line of a proof. */
export interface ProofRow {
  readonly what: FactName
  /** Absent: nothing was foreseen. */
  readonly expected?: string
  readonly observed: string
  readonly ok: boolean
}

/** What a router's NAT should do and does. */
export interface Proof {
  readonly router: string
  /** The preset's name, 'behaviour', 'config', 'rules', the nft file's name, 'none'. */
  readonly preset: string
  readonly rows: readonly ProofRow[]
  /** Everything that was foreseen was observed. */
  readonly ok: boolean
  readonly ms: number
}

/** Puts what was observed beside what was expected. */
export function compare(expected: Facts, observed: Facts): ProofRow[] {
  return (Object.keys(observed) as FactName[]).map((what) => {
    const seen = observed[what]!
    const wanted = expected[what]
    return {
      what,
      ...(wanted !== undefined && { expected: wanted }),
      observed: seen,
      ok: wanted === undefined || wanted === seen,
    }
  })
}

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

/** By which packets each fact was found: what was sent to whom, and where it came from or that it did not come. */
export type Shown = Partial<Readonly<Record<FactName, string>>>

/** What was observed, and what showed it. */
export interface Observed {
  readonly facts: Facts
  readonly shown: Shown
}

/** One line of a proof. */
export interface ProofRow {
  readonly what: FactName
  /** Absent: nothing was foreseen. */
  readonly expected?: string
  readonly observed: string
  /** The packets that showed it, in a sentence. */
  readonly shown?: string
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
export function compare(expected: Facts, { facts, shown }: Observed): ProofRow[] {
  return (Object.keys(facts) as FactName[]).map((what) => {
    const seen = facts[what]!
    const wanted = expected[what]
    const packets = shown[what]
    return {
      what,
      ...(wanted !== undefined && { expected: wanted }),
      observed: seen,
      ...(packets !== undefined && { shown: packets }),
      ok: wanted === undefined || wanted === seen,
    }
  })
}

/** What a router does otherwise than it should, a line for each word and one for the packets that showed it. */
export function complaints({ rows }: Pick<Proof, 'rows'>): string[] {
  return rows
    .filter(({ ok }) => !ok)
    .flatMap(({ what, expected, observed, shown }) => [
      `${what}: ${observed} instead of ${expected}`,
      ...(shown === undefined ? [] : [`  ${shown}`]),
    ])
}

/**
 * The measuring part of every benchmark: two contestants, one after the other in every round, compared as a ratio.
 * A machine that slows down slows both, so the ratio of a round stays true where absolute numbers would not.
 */
export interface Benchmark {
  /** As on the command line: the file's name without `.ts`. */
  readonly name: string
  /** One sentence: what is claimed, against whom. */
  readonly claim: string
  /** Measures, and returns one result for each case. It runs in a network of its own, as root there. */
  run(context: Context): Promise<Result[]>
}

/** One measurement. Returns how good it was, in any unit, as long as both contestants use the same. */
export type Contestant = () => number | Promise<number>

export interface Contest {
  readonly case: string
  readonly peer: string
  /** The least median ratio that keeps the claim. */
  readonly goal: number
  readonly ours: Contestant
  readonly theirs: Contestant
  /** Which way is good: `higher` for rates (default), `lower` for times. */
  readonly better?: 'higher' | 'lower'
}

/** Greater than 1: we are better. */
export interface Ratio {
  readonly min: number
  readonly median: number
  readonly max: number
}

export interface Result {
  readonly case: string
  readonly peer: string
  readonly ratio: Ratio
  readonly goal: number
  readonly met: boolean
}

export interface Rounds {
  /** Rounds that count. */
  readonly counted: number
  /** Rounds before them that are thrown away: caches, the JIT and the CPU's clock are not what is claimed. */
  readonly warmUp: number
}

export const defaultRounds: Rounds = { counted: 11, warmUp: 2 }

/** For contestants that take several seconds. */
export const quick: Rounds = { counted: 5, warmUp: 1 }

/** What a benchmark is given. */
export class Context {
  readonly rounds: Rounds
  readonly #log: (line: string) => void

  constructor(rounds: Rounds = defaultRounds, log: (line: string) => void = () => {}) {
    this.rounds = rounds
    this.#log = log
  }

  /** Progress, for a person. */
  log(line: string): void {
    this.#log(line)
  }

  /** The same with other rounds. */
  with(rounds: Rounds): Context {
    return new Context(rounds, this.#log)
  }

  /** Names a peer that is not installed here: its results are left out. */
  missing(peer: string, packages: string): void {
    console.error(`left out: ${peer} is not installed (apt-get install ${packages})`)
  }

  /** A benchmark of wrong answers is worth nothing: throws when one is wrong. */
  check(isRight: boolean, what: string): void {
    if (!isRight) throw new Error(`the answer is wrong: ${what}`)
  }

  /** Rounds of ours, theirs, ours, theirs…; the median of the rounds' ratios decides. */
  async compare(contest: Contest): Promise<Result> {
    const ratios: number[] = []
    for (let round = -this.rounds.warmUp; round < this.rounds.counted; round++) {
      const ratio = await playRound(contest)
      if (round >= 0) ratios.push(ratio)
      this.log(`${contest.case} against ${contest.peer}: ${describeRound(round)} ${ratio.toFixed(3)}`)
    }
    const ratio = summarize(ratios)
    const { case: name, peer, goal } = contest
    return { case: name, peer, ratio, goal, met: ratio.median >= goal }
  }
}

async function playRound({ ours, theirs, better }: Contest): Promise<number> {
  const our = positive(await ours(), 'ours')
  const their = positive(await theirs(), 'theirs')
  return better === 'lower' ? their / our : our / their
}

function positive(value: number, whose: string): number {
  if (Number.isFinite(value) && value > 0) return value
  throw new Error(`a measurement must be a number above 0, and ${whose} is ${value}`)
}

function describeRound(round: number): string {
  return round < 0 ? 'warm-up' : `round ${round + 1}`
}

function summarize(ratios: readonly number[]): Ratio {
  const sorted = ratios.toSorted((a, b) => a - b)
  const at = (index: number): number => sorted[index] ?? Number.NaN
  const half = Math.floor(sorted.length / 2)
  const median = sorted.length % 2 ? at(half) : (at(half - 1) + at(half)) / 2
  return { min: at(0), median, max: at(sorted.length - 1) }
}

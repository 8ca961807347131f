import type { Behaviour } from '../nat/behaviour.ts'
import { type NatOptions, type Preset, presetNamed, presets } from '../nat/index.ts'
import { dmzPorts } from '../nat/presets/published.ts'
import { type Cell, cellOf, type Trial, worth } from './cell.ts'
import { type Attempt, PairLab } from './pair.ts'
import { explainTheory, type Order, ordersOf, type Reasoned } from './theory.ts'

/** A NAT in a matrix. Without words about its behaviour there is no theory, only what happens. */
export interface Contestant {
  readonly name: string
  /** One sentence: what it is. */
  readonly title?: string
  readonly behaviour?: Behaviour
  readonly nat: NatOptions
  /** The only local port that it serves. */
  readonly port?: number
}

/** What the words say about a punch; {@link explainTheory} unless a test wants to know what becomes of another one. */
export type PunchTheory = (a: Behaviour, b: Behaviour, order: Order, protocol: 'udp' | 'tcp') => Reasoned

export interface MatrixOptions {
  /** Names of presets, presets, or other NATs by a name; default {@link matrixPresets}. */
  readonly presets?: readonly (string | Preset | Contestant)[]
  /** Attempts in every cell; default 20. Without a stagger, `a` and `b` are first in turn. */
  readonly trials?: number
  /** Milliseconds that `b` begins later; default [0, 250]. */
  readonly staggers?: readonly number[]
  /**
   * Milliseconds from one router to the other; default 0. Then the first probe is always there before the other side
   * sends: what a NAT makes of early probes shows in every attempt, not by chance.
   */
  readonly delay?: number
  /** Pairs at the same time; default 4. They share the machine: too many, and a probe comes later than it was sent. */
  readonly parallel?: number
  /** Of each peer, once both have begun; default 6. */
  readonly probes?: number
  /** Milliseconds between probes; default 50. */
  readonly interval?: number
  /** Default 'udp'. */
  readonly protocol?: 'udp' | 'tcp'
  readonly theory?: PunchTheory
  /** Called when a cell is complete. */
  readonly progress?: (cell: Cell, done: number, total: number) => void
}

/** Which pairs of NATs can be punched, as tried. */
export interface Matrix {
  readonly presets: readonly Omit<Contestant, 'nat'>[]
  readonly staggers: readonly number[]
  /** Milliseconds from one router to the other. */
  readonly delay: number
  readonly protocol: 'udp' | 'tcp'
  /** Attempts in every cell. */
  readonly trials: number
  /** Every unordered pair, each with itself too, with every stagger; pairs in the order of the presets. */
  readonly cells: readonly Cell[]
  /** Every cell is as theory says, where there is a theory. */
  readonly ok: boolean
  /** When it began: ISO 8601, UTC. */
  readonly started: string
  /** Milliseconds of the whole run. */
  readonly ms: number
}

/** Tries every pair. */
export async function runMatrix(options: MatrixOptions = {}): Promise<Matrix> {
  const [began, started] = [performance.now(), new Date().toISOString()]
  const { protocol = 'udp', trials = 20, staggers = [0, 250], delay = 0, parallel = 4, progress } = options
  const entries = (options.presets ?? matrixPresets).map(contestant)
  const pairs = entries.flatMap((a, index) => entries.slice(index).map((b) => [a, b] as const))
  const total = pairs.length * staggers.length
  let done = 0
  const cells = await inParallel(pairs, parallel, ([a, b]) =>
    runPair(a, b, { ...options, protocol, trials, staggers, delay }, (cell) => {
      done += 1
      progress?.(cell, done, total)
    }),
  )
  const all = cells.flat()
  const described = entries.map(({ nat: _, ...preset }) => preset)
  const ok = all.every(({ agrees }) => agrees)
  return {
    presets: described,
    protocol,
    staggers,
    delay,
    trials,
    cells: all,
    ok,
    started,
    ms: performance.now() - began,
  }
}

type PairOptions = MatrixOptions & Required<Pick<MatrixOptions, 'protocol' | 'trials' | 'staggers' | 'delay'>>

async function runPair(
  a: Contestant,
  b: Contestant,
  options: PairOptions,
  done: (cell: Cell) => void,
): Promise<Cell[]> {
  await using lab = await PairLab.open(a.nat, b.nat, options.delay)
  const cells: Cell[] = []
  for (const stagger of options.staggers) {
    const cell = await runCell(lab, [a, b], stagger, options)
    cells.push(cell)
    done(cell)
  }
  return cells
}

async function runCell(
  lab: PairLab,
  pair: readonly [Contestant, Contestant],
  stagger: number,
  options: PairOptions,
): Promise<Cell> {
  const { protocol, delay, interval = 50 } = options
  const probes = Math.max(options.probes ?? 6, 3 + Math.ceil((2 * delay) / interval)) // time for the last answer
  const ports = { a: pair[0].port, b: pair[1].port }
  const orders = ordersOf({ stagger, delay })
  const said = orders.map((order) => reasoned(pair, order, options))
  const trials: Trial[] = []
  let told = 0
  for (let index = 0; index < options.trials; index += 1) {
    const which = index % orders.length
    const first = orders[which] === 'b first' ? 'b' : 'a'
    const attempt = { stagger, first, protocol, probes, interval, ports } as const
    const trial = await runTrial(lab, attempt, said[which]?.open, (trial) => worth(trial) > told)
    told = Math.max(told, worth(trial))
    trials.push(trial)
  }
  return cellOf({ a: pair[0].name, b: pair[1].name, stagger, trials, theory: said })
}

/**
 * An attempt that failed although its control packet was lost too says nothing: it is made again, twice at most.
 * Explaining takes the kernel longer than the attempt (it walks its whole conntrack table), so not all of them are.
 */
async function runTrial(
  lab: PairLab,
  attempt: Attempt,
  expected: boolean | undefined,
  tells: (trial: Trial) => boolean,
): Promise<Trial> {
  for (let again = 2; ; again -= 1) {
    const { result, explain } = await lab.attempt(attempt)
    const { ok, ms, controlled } = result
    const trial: Trial = { first: attempt.first, ok, ms, credible: ok || controlled, expected }
    if (!trial.credible && again > 0) continue
    return tells(trial) ? { ...trial, explanation: explain() } : trial
  }
}

function reasoned(
  [a, b]: readonly [Contestant, Contestant],
  order: Order,
  { theory = explainTheory, protocol }: PairOptions,
): Reasoned | undefined {
  return a.behaviour && b.behaviour && theory(a.behaviour, b.behaviour, order, protocol)
}

function contestant(nat: string | Preset | Contestant): Contestant {
  if (typeof nat === 'string') return contestant(presetNamed(nat))
  if ('nat' in nat) return nat
  const { name, title, behaviour } = nat
  return { name, title, behaviour, nat, ...(nat === presets.dmzPublished && { port: dmzPorts.agent }) }
}

/** Runs `work` for all items, so many at a time; results in the order of the items. */
async function inParallel<T, R>(items: readonly T[], width: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  const queue = items.entries()
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await work(item)
  }
  await Promise.all(Array.from({ length: Math.max(1, width) }, worker))
  return results
}

/** What the matrix is made of when nothing else is wanted. */
export const matrixPresets: readonly string[] = [
  'fullCone',
  'addressRestricted',
  'home',
  'symmetric',
  'linux',
  'portRestrictedPublished',
  'portRestrictedCorrected',
  'cgnat',
  'cloud',
  'oneToOne',
  'udpBlocked',
]

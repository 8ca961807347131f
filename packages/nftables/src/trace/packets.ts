import type { TraceMessage } from './message.ts'

/** Why a packet is taken for complete. */
export type Ended =
  /** It was dropped, or no chain is left that could see it. */
  | 'verdict'
  /** Nothing came for a while. */
  | 'idle'
  /** Another packet came with its id: the kernel makes it from an address in memory. */
  | 'reused'
  /** Steps were lost. */
  | 'lost'

/** A message, and what its reader made of it. */
export interface Traced {
  readonly message: TraceMessage
}

export interface Gathered<T extends Traced> {
  readonly steps: readonly T[]
  readonly ended: Ended
}

/** Can another chain see the packet after this, its last step? */
export type MayGoOn = (messages: readonly TraceMessage[]) => boolean

interface Open<T> {
  readonly steps: T[]
  deadline: number
}

/** Packets under way at the same time; more of them, which never end, are taken for complete. */
const OPEN_LIMIT = 10_000

/** Steps of many packets, as they come, to packets. Times are milliseconds of any clock. */
export class Packets<T extends Traced> {
  readonly #idle: number
  readonly #mayGoOn: MayGoOn
  /** By id; the one that was quiet for the longest time first. */
  readonly #open = new Map<number, Open<T>>()

  constructor(idle: number, mayGoOn: MayGoOn) {
    this.#idle = idle
    this.#mayGoOn = mayGoOn
  }

  /** The packets that this step completes. */
  take(step: T, now: number): Gathered<T>[] {
    const { id } = step.message
    const before = this.#open.get(id)
    const done = before !== undefined && isAnother(before.steps, step) ? [this.#close(id, before, 'reused')] : []
    const open = this.#open.get(id) ?? { steps: [], deadline: 0 }
    open.steps.push(step)
    open.deadline = now + this.#idle
    this.#open.delete(id) // to the end of the map
    this.#open.set(id, open)
    if (this.#isOver(open.steps)) return [...done, this.#close(id, open, 'verdict')]
    return this.#open.size <= OPEN_LIMIT ? done : [...done, ...this.#closeOldest()]
  }

  /** When {@link expire} has something to do; undefined while no packet is under way. */
  get deadline(): number | undefined {
    const [oldest] = this.#open.values()
    return oldest?.deadline
  }

  /** The packets of which nothing was heard for long enough. */
  expire(now: number): Gathered<T>[] {
    const done: Gathered<T>[] = []
    for (const [id, open] of this.#open) {
      if (open.deadline > now) break
      done.push(this.#close(id, open, 'idle'))
    }
    return done
  }

  /** All that are under way: some of their steps were lost. */
  lost(): Gathered<T>[] {
    return Array.from(this.#open, ([id, open]) => this.#close(id, open, 'lost'))
  }

  #isOver(steps: readonly T[]): boolean {
    const { policy, verdict } = steps.at(-1)!.message
    const decision = policy ?? verdict?.verdict
    if (decision === 'drop' || decision === 'stolen') return true
    return decision === 'accept' && !this.#mayGoOn(steps.map(({ message }) => message))
  }

  #closeOldest(): Gathered<T>[] {
    const [oldest] = this.#open
    return oldest === undefined ? [] : [this.#close(...oldest, 'idle')]
  }

  #close(id: number, { steps }: Open<T>, ended: Ended): Gathered<T> {
    this.#open.delete(id)
    return { steps, ended }
  }
}

/** With its first step in every base chain the kernel tells the headers; no chain sees a packet twice. */
function isAnother(steps: readonly Traced[], { message }: Traced): boolean {
  return hasHeaders(message) && steps.some((step) => hasHeaders(step.message) && isSameChain(step.message, message))
}

export function hasHeaders({ networkHeader, linkHeader, iif, oif }: TraceMessage): boolean {
  return (networkHeader ?? linkHeader ?? iif ?? oif) !== undefined
}

function isSameChain(a: TraceMessage, b: TraceMessage): boolean {
  return a.family === b.family && a.table === b.table && a.chain === b.chain
}

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { CounterCells } from '../datapath/index.ts'
import type { Notice } from './messages.ts'

/** What fewer allocations leave behind is too little to stop for. */
const CROWD = 1000
/** And so is what is less than this many times what is there. */
const SHARE = 2
/** Datagrams in a second: with more than these it is no time to stop. */
const CALM = 1000
/** While more than these leave in a second, others will follow. */
const LEAVING = 10

/** What a thread has counted so far. */
export interface Crowd {
  /** Allocations that exist. */
  readonly present: number
  /** Allocations that were ever opened. */
  readonly opened: number
  /** Datagrams that ever came. */
  readonly datagrams: number
}

/**
 * When a thread gives memory back. V8 does that by itself when an event loop has nothing to do; a thread that blocks in the
 * kernel has none, and would keep what a crowd of clients left behind for as long as it lives. So it is told to: when the
 * crowd has gone, in a second with little to do. It takes some 30 ms for what 10,000 allocations leave behind.
 */
export class Tidy {
  readonly #collect: () => void
  #last: Crowd = { present: 0, opened: 0, datagrams: 0 }
  /** Allocations that had ended when memory was given back last. */
  #tidied = 0

  constructor(collect: () => void) {
    this.#collect = collect
  }

  /** To be called about once a second. */
  tick(now: Crowd): void {
    const ended = now.opened - now.present
    const left = ended - (this.#last.opened - this.#last.present)
    const isCalm = left <= LEAVING && now.datagrams - this.#last.datagrams <= CALM
    const behind = ended - this.#tidied
    this.#last = now
    if (!isCalm || behind < CROWD || behind < SHARE * now.present) return
    this.#tidied = ended
    this.#collect()
  }
}

/** Has V8 give its `gc` to threads that start from now on. Of the process, and for good: threads would race to undo it. */
export function permitCollector(): void {
  setFlagsFromString('--expose-gc')
}

/** What a thread of a relay calls about once a second: gives memory back when it is time to, and says so. */
export function tidying(counters: CounterCells, say: (notice: Notice) => void, clock: () => number): () => void {
  const collect = collector()
  const tidy = new Tidy(() => {
    const [began, before] = [clock(), process.memoryUsage().heapTotal] // of this thread
    collect()
    say({ kind: 'tidied', bytes: Math.max(0, before - process.memoryUsage().heapTotal), ms: clock() - began })
  })
  return () => {
    const { allocations: present, allocationsOpened: opened, receivedFromClients, receivedFromPeers } = counters.read()
    tidy.tick({ present, opened, datagrams: receivedFromClients + receivedFromPeers })
  }
}

/** Collects all garbage of this thread, and returns the pages to the system. After {@link permitCollector}. */
function collector(): () => void {
  const collect = runInNewContext('gc') as NodeJS.GCFunction
  return () => void collect({ type: 'major', flavor: 'last-resort' })
}

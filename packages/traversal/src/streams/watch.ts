import { EPOLLIN, Epoll } from '@sallyport/linux'

/** Hears of a descriptor. */
export interface Watcher {
  /** @param kinds bits EPOLL…; 0 when it asked to be called once more */
  ready(kinds: number): void
}

/** Milliseconds until what is to be tried again later is. */
const RETRY = 10

/** The descriptors that a loop waits for, and who hears of each. */
export class Watch implements Disposable {
  /** When this turn began: milliseconds, by the clock. */
  now: number
  readonly #clock: () => number
  readonly #epoll = new Epoll()
  readonly #watchers = new Map<number, Watcher>()
  #again: Watcher[] = []
  #later: (() => void)[] = []
  #last = 0
  #round = 0

  constructor(clock: () => number) {
    this.#clock = clock
    this.now = clock()
  }

  /** How many turns there were. */
  get round(): number {
    return this.#round
  }

  /** `watcher` hears of `fd` from now on, when it can be read or of other `kinds`; returns a ticket for what follows. */
  add(fd: number, watcher: Watcher, kinds: number = EPOLLIN): number {
    do this.#last = (this.#last + 1) >>> 0
    while (this.#watchers.has(this.#last))
    this.#watchers.set(this.#last, watcher)
    this.#epoll.add(fd, this.#last, kinds)
    return this.#last
  }

  change(fd: number, ticket: number, kinds: number): void {
    this.#epoll.change(fd, ticket, kinds)
  }

  /** To be called before `fd` is closed: its number may be another's soon. */
  remove(fd: number, ticket: number): void {
    if (this.#watchers.delete(ticket)) this.#epoll.remove(fd)
  }

  /** Calls it once more before anything is waited for. */
  again(watcher: Watcher): void {
    this.#again.push(watcher)
  }

  /** Calls it in a while: at the end of a turn, within ten milliseconds. */
  later(call: () => void): void {
    this.#later.push(call)
  }

  /** Waits for what happens, at most so long (milliseconds, -1: for ever), and tells who watches. */
  turn(timeout: number): void {
    this.#round += 1
    const ready = this.#epoll.wait(this.#patience(timeout))
    this.now = this.#clock()
    // Who was removed by an earlier one of this round hears nothing.
    for (let index = 0; index < ready; index += 1) {
      this.#watchers.get(this.#epoll.ticket(index))?.ready(this.#epoll.kinds(index))
    }
    if (this.#again.length > 0) for (const watcher of this.#again.splice(0)) watcher.ready(0)
    if (this.#later.length > 0) for (const call of this.#later.splice(0)) call()
  }

  [Symbol.dispose](): void {
    this.#epoll[Symbol.dispose]()
  }

  #patience(timeout: number): number {
    if (this.#again.length > 0) return 0
    if (this.#later.length === 0) return timeout
    return timeout < 0 ? RETRY : Math.min(timeout, RETRY)
  }
}

/**
 * Numbers that one thread counts up and others read: cells of one shared memory. A double holds 2^53 exactly, and a
 * reader never sees half of one.
 */
export const counterNames = [
  'receivedFromClients',
  'receivedFromPeers',
  'bytesFromClients',
  'bytesFromPeers',
  'sentToClients',
  'sentToPeers',
  'droppedMalformed',
  'droppedNoAllocation',
  'droppedNoChannel',
  'droppedNoPermission',
  'droppedOverLimit',
  'droppedOverBudget',
  'droppedFull',
  'droppedRefused',
  'bindings',
  'allocations',
  'allocationsOpened',
  'allocationsExpired',
  'refusedUnauthenticated',
  'refusedOther',
  'connections',
  'connectionsRefused',
  'streamsBroken',
] as const
export type CounterName = (typeof counterNames)[number]

export type Counters = Record<CounterName, number>

/** Properties of an object with a fixed shape are found faster than the entries of a map. */
const indexes = Object.fromEntries(counterNames.map((name, index) => [name, index])) as Record<CounterName, number>

/** Cells of one thread. */
export class CounterCells {
  readonly memory: SharedArrayBuffer
  readonly #cells: Float64Array

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(counterNames.length * 8)) {
    this.memory = memory
    this.#cells = new Float64Array(memory)
  }

  add(name: CounterName, amount = 1): void {
    this.#cells[indexes[name]]! += amount
  }

  set(name: CounterName, value: number): void {
    this.#cells[indexes[name]] = value
  }

  read(): Counters {
    return Object.fromEntries(counterNames.map((name, index) => [name, this.#cells[index]!])) as Counters
  }
}

/** All threads together. */
export function sum(all: readonly Counters[]): Counters {
  const total = (name: CounterName): number => all.reduce((sum, each) => sum + each[name], 0)
  return Object.fromEntries(counterNames.map((name) => [name, total(name)])) as Counters
}

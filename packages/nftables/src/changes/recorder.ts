import { type SetIds, setIds } from '../compile/index.ts'
import { ModelError } from '../model/index.ts'
import { Batch, type Entry, type Operation, Origin, type Verb } from '../transaction/index.ts'
import type { Definition } from './define.ts'
import { type Change, inOrder } from './order.ts'

interface Recorded extends Change {
  verb: Verb
  readonly origin: Origin | undefined
}

/** What a transaction was told, in order, and where. */
export class Recorder {
  /** Numbers of sets; they are not used twice, also when a batch is written twice. */
  readonly ids: SetIds = setIds()
  readonly #sources: boolean
  readonly #changes: Recorded[] = []
  readonly #definitions = new WeakMap<object, Recorded>()

  constructor(sources: boolean) {
    this.#sources = sources
  }

  /** `thing` is to be there. */
  define(thing: object, definitions: readonly Definition[]): void {
    const origin = this.#origin()
    const recorded = definitions.map(({ rank, write }): Recorded => {
      const change: Recorded = { rank, verb: 'add', origin, write: () => write(change.verb, this.ids) }
      return change
    })
    for (const change of recorded) this.#changes.push(change)
    this.#definitions.set(thing, recorded[0]!)
  }

  /** What was defined must not be there yet. */
  create(thing: object): void {
    const definition = this.#definitions.get(thing)
    if (definition === undefined) throw new TypeError('create() is for what was defined in this transaction')
    definition.verb = 'create'
  }

  /** Without a rank nothing is moved over it. `entry`: see {@link Origin.here}. */
  add(rank: number | undefined, write: Change['write'], entry?: Entry): void {
    this.#changes.push({ rank, verb: 'add', origin: this.#origin(entry), write })
  }

  batch(): Batch {
    const batch = new Batch({ sources: false })
    for (const change of inOrder(this.#changes) as Recorded[]) {
      for (const operation of written(change)) batch.push(operation)
    }
    return batch
  }

  #origin(entry?: Entry): Origin | undefined {
    return this.#sources ? Origin.here(entry) : undefined
  }
}

/** A {@link ModelError} says where the caller asked for what cannot be written. */
function written({ write, origin }: Recorded): Operation[] {
  try {
    return write().map((operation) => ({ origin, ...operation }))
  } catch (error) {
    const place = origin?.place
    throw error instanceof ModelError && place !== undefined ? error.inside(place) : error
  }
}

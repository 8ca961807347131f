import { type Cable, type CableOptions, Wire } from '../wire/index.ts'

/** The wire of a lab: there is none, and no thread, until the first link asks for it. */
export class Wires implements AsyncDisposable {
  readonly #seed: number
  #wire: Wire | undefined

  constructor(seed: number) {
    this.#seed = seed
  }

  /** The wire itself, for who wants to hear what it drops; undefined as long as no link is impaired. */
  get wire(): Wire | undefined {
    return this.#wire
  }

  plug(cable: CableOptions): Cable {
    this.#wire ??= Wire.open({ seed: this.#seed })
    return this.#wire.plug(cable)
  }

  /** Resolves when its thread runs. */
  async ready(): Promise<void> {
    await this.#wire?.ready()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#wire?.[Symbol.asyncDispose]()
  }
}

/** Ports of a relay address that relays are opened on. */
export interface RelayPortRange {
  readonly address: string
  readonly min: number
  readonly max: number
}

/** What this server has on one of its own addresses: nothing for peers but relays, through which its clients meet. */
export class OwnAddress {
  readonly #listening = new Set<number>()
  readonly #relays: { readonly min: number; readonly max: number }[] = []

  get hasRelays(): boolean {
    return this.#relays.length > 0
  }

  listens(port: number): void {
    this.#listening.add(port)
  }

  relays(range: { readonly min: number; readonly max: number }): void {
    this.#relays.push(range)
  }

  /** A relay that sends to its own server goes in circles. */
  isListening(port: number): boolean {
    return this.#listening.has(port)
  }

  isRelay(port: number): boolean {
    return this.#relays.some(({ min, max }) => port >= min && port <= max)
  }
}

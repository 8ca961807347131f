import type { Route } from '@sallyport/linux'

/**
 * A network's switch: a bridge. It is made when a second cable is plugged in, since bridges are what takes the kernel
 * longest to take down: a hundred of them some two seconds, in which nobody on the machine gets a new namespace quickly.
 */
export class Switch {
  readonly #bridge: string
  readonly #route: Route
  readonly #index: number
  readonly #ports = new Set<number>()
  #isMade = false

  /** @param index number of the bridge, which nobody else uses in the namespace of `route` */
  constructor(route: Route, index: number) {
    // Numbered: names of networks may be longer than IFNAMSIZ allows.
    this.#bridge = `switch${index}`
    this.#route = route
    this.#index = index
  }

  /** A port that is there, or will be when this call's master is given to it: the number of the bridge, if it needs one. */
  admit(port: number): number | undefined {
    const others = [...this.#ports]
    this.#ports.add(port)
    if (others.length === 0) return undefined
    if (!this.#isMade) this.#make(others)
    return this.#index
  }

  /** The port leaves, or is gone already. */
  dismiss(port: number): void {
    this.#ports.delete(port)
  }

  #make(ports: readonly number[]): void {
    this.#isMade = true
    this.#route.addBridge({ name: this.#bridge, index: this.#index, up: true, multicastSnooping: false })
    for (const port of ports) this.#route.setLink(port, { master: this.#index })
  }
}

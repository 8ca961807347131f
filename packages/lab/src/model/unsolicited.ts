import type { Endpoint } from '@sallyport/linux'
import { endpointText, type ModelProtocol } from './packet.ts'

/**
 * What came from outside unasked and was accepted by the router itself: conntrack has an entry for it, which holds
 * the tuple that an answer from inside would need, and which later packets of the same sender belong to.
 */
export class Unsolicited {
  readonly #expires = new Map<string, number>()

  /** @param expires in ms; a later packet of the same sender moves it */
  remember(protocol: ModelProtocol, external: Endpoint, remote: Endpoint, expires: number): void {
    this.#expires.set(key(protocol, external, remote), expires)
  }

  holds(protocol: ModelProtocol, external: Endpoint, remote: Endpoint, now: number): boolean {
    const expires = this.#expires.get(key(protocol, external, remote))
    return expires !== undefined && now < expires
  }

  clear(): void {
    this.#expires.clear()
  }
}

function key(protocol: ModelProtocol, external: Endpoint, remote: Endpoint): string {
  return `${protocol} ${endpointText(external)} ${endpointText(remote)}`
}

import { ipv4At, isIpv4, portAt, textAt } from './peer-address.ts'

/**
 * Values by `struct sockaddr`, wherever in memory that lies. Finding one allocates nothing for IPv4: two small integers
 * are the keys, since one number for address and port would be too long for an integer of the engine.
 */
export class AddressTable<Value> {
  readonly #ipv4 = new Map<number, Map<number, Value>>()
  readonly #ipv6 = new Map<string, Value>()
  #ipv4Size = 0

  get size(): number {
    return this.#ipv4Size + this.#ipv6.size
  }

  get(bytes: Uint8Array, at: number): Value | undefined {
    if (!isIpv4(bytes, at)) return this.#ipv6.get(textAt(bytes, at))
    return this.#ipv4.get(ipv4At(bytes, at))?.get(portAt(bytes, at))
  }

  set(bytes: Uint8Array, at: number, value: Value): void {
    if (!isIpv4(bytes, at)) {
      this.#ipv6.set(textAt(bytes, at), value)
      return
    }
    const address = ipv4At(bytes, at)
    let ports = this.#ipv4.get(address)
    if (ports === undefined) {
      ports = new Map()
      this.#ipv4.set(address, ports)
    }
    if (!ports.has(portAt(bytes, at))) this.#ipv4Size += 1
    ports.set(portAt(bytes, at), value)
  }

  delete(bytes: Uint8Array, at: number): void {
    if (!isIpv4(bytes, at)) {
      this.#ipv6.delete(textAt(bytes, at))
      return
    }
    const ports = this.#ipv4.get(ipv4At(bytes, at))
    if (ports?.delete(portAt(bytes, at)) !== true) return
    this.#ipv4Size -= 1
    if (ports.size === 0) this.#ipv4.delete(ipv4At(bytes, at))
  }

  clear(): void {
    this.#ipv4.clear()
    this.#ipv6.clear()
    this.#ipv4Size = 0
  }
}

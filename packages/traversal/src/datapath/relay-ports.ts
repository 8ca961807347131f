import { closeDescriptor, openUdp, SystemError } from '@sallyport/linux'
import type { RelayWish } from '../turn/server/index.ts'

/** The address that relays are opened on, and the ports among which they are. */
export interface RelayAddress {
  /** What relays are bound to. */
  readonly address: string
  /** What clients and peers are told, behind a 1:1 NAT; default: `address`. */
  readonly external?: string
}

export interface PortRange {
  readonly min: number
  readonly max: number
}

/** RFC 8656 section 7.2 recommends the dynamic ports (RFC 6335). */
export const defaultPorts: PortRange = { min: 49_152, max: 65_535 }

/** A bound socket and its port. */
export interface BoundPort {
  readonly fd: number
  readonly port: number
}

const ATTEMPTS = 50

/** Opens sockets on ports that nobody can guess. `random`: a number from 0 to less than 1. */
export class RelayPorts {
  readonly #range: PortRange
  readonly #random: () => number
  readonly #buffer: number

  constructor(range: PortRange, random: () => number, buffer: number = 1 << 20) {
    this.#range = range
    this.#random = random
    this.#buffer = buffer
  }

  /** One port, or two in a row; empty when none was free in many tries. */
  open(address: string, even: RelayWish['even']): readonly BoundPort[] {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const port = this.#draw(even !== undefined)
      const first = this.#bind(address, port)
      if (first === undefined) continue
      if (even !== 'with next') return [first]
      const second = this.#bind(address, port + 1)
      if (second !== undefined) return [first, second]
      closeDescriptor(first.fd)
    }
    return []
  }

  #draw(even: boolean): number {
    const { min, max } = this.#range
    const port = min + Math.floor(this.#random() * (max - min + 1))
    return even ? port & ~1 : port
  }

  #bind(address: string, port: number): BoundPort | undefined {
    if (port < this.#range.min || port > this.#range.max) return undefined
    try {
      return { fd: openUdp({ address, port, buffer: this.#buffer }), port }
    } catch (error) {
      // In use; no more descriptors; an address that is no more: no port, and a server that goes on.
      if (error instanceof SystemError) return undefined
      throw error
    }
  }
}

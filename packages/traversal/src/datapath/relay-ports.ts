import { closeDescriptor, openUdp, SystemError } from '@sallyport/linux'
import type { RelayWish } from '../turn/server/index.ts'
import { type PortRange, portsToTry } from './port-range.ts'

/** The address that relays are opened on, and the ports among which they are. */
export interface RelayAddress {
  /** What relays are bound to. */
  readonly address: string
  /** What clients and peers are told, behind a 1:1 NAT; default: `address`. */
  readonly external?: string
}

/** A bound socket and its port. */
export interface BoundPort {
  readonly fd: number
  readonly port: number
}

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

  /** One port, or two in a row; empty when none was found. */
  open(address: string, even: RelayWish['even']): readonly BoundPort[] {
    try {
      for (const port of portsToTry(this.#range, this.#random, even !== undefined)) {
        const bound = even === 'with next' ? this.#pair(address, port) : this.#single(address, port)
        if (bound.length > 0) return bound
      }
    } catch (error) {
      // No more descriptors; an address that is no more: no port, and a server that goes on.
      if (!(error instanceof SystemError)) throw error
    }
    return []
  }

  #pair(address: string, port: number): readonly BoundPort[] {
    const [first] = this.#single(address, port)
    if (first === undefined) return []
    try {
      const [second] = this.#single(address, port + 1)
      if (second !== undefined) return [first, second]
    } catch (error) {
      closeDescriptor(first.fd)
      throw error
    }
    closeDescriptor(first.fd)
    return []
  }

  /** Empty when it is taken, or not for us. */
  #single(address: string, port: number): readonly BoundPort[] {
    if (port < this.#range.min || port > this.#range.max) return []
    try {
      return [{ fd: openUdp({ address, port, buffer: this.#buffer }), port }]
    } catch (error) {
      if (error instanceof SystemError && (error.code === 'EADDRINUSE' || error.code === 'EACCES')) return []
      throw error
    }
  }
}

import type { Attachment } from './topology/topology.ts'

/** A network of a lab: a switch that interfaces are plugged into. */
export class Network {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }

  /**
   * An interface on this network, for {@link Lab.node}: its addresses with prefix length, IPv4 and IPv6 in any
   * number. What else an interface can have is added by spreading: `{ ...house.at('10.0.0.1/8'), mtu: 1280 }`.
   */
  at(...addresses: readonly string[]): Attachment {
    return { network: this.name, addresses }
  }
}

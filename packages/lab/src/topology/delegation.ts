import { Delegations, division } from './delegations.ts'
import { Subnet } from './subnet.ts'

/** A prefix that was delegated to a router. */
export class Delegation {
  /** '2001:db8:1::/48' */
  readonly prefix: string
  /** The /64 of its LAN: the first one. */
  readonly lan: Subnet
  /** For routers behind; a /64 has none. */
  readonly pieces: Delegations | undefined

  constructor(prefix: string, what: string) {
    const [address, length] = prefix.split('/')
    const own = `${address}/64`
    const parts = division(Number(length))
    this.prefix = prefix
    this.lan = new Subnet(own, `the LAN of ${what}`)
    this.pieces = parts && new Delegations({ from: prefix, length: parts.length, own })
  }
}

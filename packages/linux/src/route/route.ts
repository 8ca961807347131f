import { Connection } from '../netlink/connection.ts'
import { NETLINK_ROUTE, type OpenOptions, openNetlink } from '../netlink/koffi-transport.ts'
import type { Transport } from '../netlink/transport.ts'
import { addAddress, deleteAddress, type Lifetimes, type LinkAddress, listAddresses } from './address.ts'
import { addRoute, deleteRoute, listRoutes, type NewRoute, type RouteEntry } from './entry.ts'
import type { Link } from './link.ts'
import {
  addBridge,
  addVeth,
  addVxlan,
  deleteLink,
  getLink,
  type LinkChange,
  listLinks,
  type NewBridge,
  type NewVeth,
  type NewVxlan,
  setLink,
} from './links.ts'
import { addNeighbour, listNeighbours, type Neighbour } from './neighbour.ts'
import { RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_LINK, until } from './until.ts'

/**
 * Links, addresses and routes of one network namespace: rtnetlink, without the `ip` program.
 *
 * Everything is synchronous and has happened when a method returns. What the kernel refuses is a NetlinkError that
 * names the attribute. Links are given by name or index.
 */
export class Route implements Disposable {
  readonly #connection: Connection
  readonly #openTransport: () => Transport

  /** For other transports than the kernel's; `openTransport` makes one for each {@link running} that has to wait. */
  constructor(transport: Transport, openTransport: () => Transport) {
    this.#connection = new Connection(transport)
    this.#openTransport = openTransport
  }

  /** Opens a socket in a namespace; default: that of the calling thread. */
  static open({ namespace = undefined }: Pick<OpenOptions, 'namespace'> = {}): Route {
    const openTransport = (): Transport => openNetlink(NETLINK_ROUTE, { namespace, strict: true })
    return new Route(openTransport(), openTransport)
  }

  /**
   * Sends what `fn` changes in few datagrams. Links have to be given by index there, or else every look-up sends what
   * has been collected. The kernel does not stop at a refusal: what stands behind it is done when this throws.
   */
  together<T>(fn: () => T): T {
    return this.#connection.together(fn)
  }

  links(): Link[] {
    return listLinks(this.#connection)
  }

  /** Throws NetlinkError ENODEV when there is no such link. */
  link(which: string | number): Link {
    return getLink(this.#connection, which)
  }

  /**
   * Resolves when a link carries packets. The kernel notices on a thread of its own that the other end has come up,
   * and silently drops what is sent before. Throws SystemError ETIMEDOUT after `timeoutMs` (default 10,000).
   */
  async running(which: string | number, timeoutMs = 10_000): Promise<Link> {
    return (
      this.#now(which) ??
      (await until(this.#openTransport(), {
        groups: [RTNLGRP_LINK],
        ask: () => this.#now(which),
        what: `link ${which} to run`,
        hint: 'both ends have to be up (a bridge needs a port that is running)',
        timeoutMs,
      }))
    )
  }

  #now(which: string | number): Link | undefined {
    const link = this.link(which)
    return link.running ? link : undefined
  }

  /** A pair of links; either end may be made in another namespace right away. */
  addVeth(options: NewVeth): void {
    addVeth(this.#connection, options)
  }

  addBridge(options: NewBridge): void {
    addBridge(this.#connection, options)
  }

  addVxlan(options: NewVxlan): void {
    addVxlan(this.#connection, options)
  }

  /** Up or down, rename, MTU, port of a bridge, move to another namespace; all that is given, in one message. */
  setLink(which: string | number, change: LinkChange): void {
    setLink(this.#connection, which, change)
  }

  /** The other end of a veth goes with it. */
  deleteLink(which: string | number): void {
    deleteLink(this.#connection, which)
  }

  addresses(): LinkAddress[] {
    return listAddresses(this.#connection)
  }

  /**
   * Resolves with the first address that fits and can be used: for those that come by themselves, as from router
   * advertisements. Throws SystemError ETIMEDOUT after `timeoutMs` (default 10,000).
   */
  addressed(wanted: (address: LinkAddress) => boolean, timeoutMs = 10_000): Promise<LinkAddress> {
    return this.untilAddresses((all) => all.find((address) => address.usable && wanted(address)), timeoutMs)
  }

  /**
   * The same for what all addresses have to be together: `ask` is given them whenever one changes, until it answers. Of
   * a deprecated one the kernel says so when it has become one.
   */
  untilAddresses<T>(ask: (all: readonly LinkAddress[]) => T | undefined, timeoutMs = 10_000): Promise<T> {
    return until(this.#openTransport(), {
      groups: [RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR],
      ask: () => ask(this.addresses()),
      what: 'an address',
      hint: `there are ${
        this.addresses()
          .map(({ link, address }) => `${address} on ${link}`)
          .join(', ') || 'none'
      }`,
      timeoutMs,
    })
  }

  /** '192.168.1.1/24', '2001:db8::1/64'. */
  addAddress(link: string | number, prefix: string, lifetimes?: Lifetimes): void {
    addAddress(this.#connection, link, prefix, { ...(lifetimes && { lifetimes }) })
  }

  /** The same, or other lifetimes for an address that is there: `{ preferred: 0 }` deprecates it. */
  replaceAddress(link: string | number, prefix: string, lifetimes: Lifetimes = {}): void {
    addAddress(this.#connection, link, prefix, { lifetimes, replace: true })
  }

  deleteAddress(link: string | number, prefix: string): void {
    deleteAddress(this.#connection, link, prefix)
  }

  /** Routes of a table, both families; default: main. */
  routes(table?: number): RouteEntry[] {
    return listRoutes(this.#connection, table)
  }

  /** `{ to: 'default', via: '192.168.1.1' }`, `{ to: '10.0.0.0/8', dev: 'lan0' }`. */
  addRoute(route: NewRoute): void {
    addRoute(this.#connection, route)
  }

  replaceRoute(route: NewRoute): void {
    addRoute(this.#connection, route, { replace: true })
  }

  deleteRoute(route: NewRoute): void {
    deleteRoute(this.#connection, route)
  }

  neighbours(): Neighbour[] {
    return listNeighbours(this.#connection)
  }

  addNeighbour(neighbour: {
    readonly dev: string | number
    readonly address: string
    readonly hardwareAddress: string
  }): void {
    addNeighbour(this.#connection, neighbour)
  }

  [Symbol.dispose](): void {
    this.#connection[Symbol.dispose]()
  }
}

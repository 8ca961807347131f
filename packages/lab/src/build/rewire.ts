import { type LinkAddress, type NetworkNamespace, Route, type RouteEntry } from '@sallyport/linux'
import type { LinkOptions } from '../link/index.ts'
import type { Cable } from './cable.ts'
import type { Machine } from './machine.ts'

/** What an interface loses with its link. */
interface Belongings {
  readonly hardwareAddress: string | undefined
  readonly addresses: readonly LinkAddress[]
  readonly routes: readonly RouteEntry[]
}

const RTPROT_KERNEL = 2 // linux/rtnetlink.h
const RTPROT_RA = 9

/** Replaces a plain cable by one that impairs; the interface keeps what it has in the kernel, planned or not. */
export function rewire({ namespace }: Machine, cable: Cable, link: LinkOptions): void {
  const { interface: name } = cable.end
  const belongings = takeDown(namespace, name)
  cable.remake(link, belongings.hardwareAddress)
  restore(namespace, cable.index, belongings)
}

function takeDown(namespace: NetworkNamespace, name: string): Belongings {
  using route = Route.open({ namespace })
  return {
    hardwareAddress: route.link(name).hardwareAddress,
    // The kernel makes the link-local address itself, from the hardware address, and others of advertisements.
    addresses: route
      .addresses()
      .filter(({ link, address, permanent }) => link === name && permanent && !address.startsWith('fe80:')),
    // Of the kernel's own making, or of an advertisement: both come again.
    routes: route
      .routes()
      .filter(({ dev, protocol }) => dev === name && protocol !== RTPROT_KERNEL && protocol !== RTPROT_RA),
  }
}

function restore(namespace: NetworkNamespace, index: number, { addresses, routes }: Belongings): void {
  using route = Route.open({ namespace })
  route.together(() => {
    route.setLink(index, { up: true })
    for (const { address, deprecated } of addresses)
      route.addAddress(index, address, deprecated ? { preferred: 0 } : {})
    for (const each of routes) route.addRoute(again(each, index))
  })
}

/** 'default' has the family of its gateway, and one without has to be told. */
function again({ family, to, via, metric, source }: RouteEntry, dev: number): Parameters<Route['addRoute']>[0] {
  const everything = family === 4 ? '0.0.0.0/0' : '::/0'
  return { to: to === 'default' ? everything : to, via, dev, metric, source }
}

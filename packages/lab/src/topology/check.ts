import { isIp, parsePrefix } from '@sallyport/linux'
import { impairments, type LinkOptions } from '../link/index.ts'
import { isNodeName, NAME_HINT } from './name.ts'
import type { Attachment, NodePlan, RoutePlan } from './topology.ts'

const IFNAMSIZ = 16 // linux/if.h, with the closing NUL

/** A topology that cannot be built: which part, and why. */
export class TopologyError extends Error {
  override readonly name = 'TopologyError'
}

/** What there is already. */
export interface Names {
  has(name: string): boolean
}

/** Throws {@link TopologyError} for a name that nobody could read. */
export function checkNodeName(name: string): void {
  if (!isNodeName(name)) throw new TopologyError(`${JSON.stringify(name)} is no name for a node; ${NAME_HINT}`)
}

/** Throws {@link TopologyError} when a node, whose name is free, does not fit into what is there already. */
export function checkNode(node: NodePlan, networks: Names): void {
  for (const [name, attachment] of Object.entries(node.interfaces)) {
    const where = `interface '${name}' of node '${node.name}'`
    checkInterfaceName(name, where)
    checkAttachment(attachment, where, networks)
  }
  for (const route of node.routes) checkRoute(node, route)
}

function checkAttachment(
  { network, addresses, deprecated = [], mtu, link }: Attachment,
  where: string,
  networks: Names,
): void {
  if (!networks.has(network)) throw new TopologyError(`${where}: there is no network '${network}'`)
  for (const address of [...addresses, ...deprecated]) checkAddress(address, where)
  checkMtu(mtu, where)
  if (link !== undefined) checkLink(link, where)
}

/** Throws {@link TopologyError} for words that say nothing: a loss of 3, a delay of '20 min'. */
export function checkLink(link: LinkOptions, where: string): void {
  checkMtu(link.mtu, where)
  try {
    impairments(link)
  } catch (error) {
    throw new TopologyError(`${where}: ${(error as Error).message}`)
  }
}

function checkMtu(mtu: number | undefined, where: string): void {
  if (mtu !== undefined && (mtu < 68 || mtu > 65535))
    throw new TopologyError(`${where}: an MTU of ${mtu} is not 68 to 65535`)
}

function checkInterfaceName(name: string, where: string): void {
  if (name === '' || Buffer.byteLength(name) >= IFNAMSIZ || /[/:\s]/.test(name)) {
    throw new TopologyError(
      `${where}: an interface name has 1 to ${IFNAMSIZ - 1} bytes and none of '/', ':' and blanks`,
    )
  }
}

function checkAddress(text: string, where: string): void {
  try {
    if (!text.includes('/'))
      throw new RangeError(`'${text}' has no prefix length; write it as 192.168.1.1/24 or 2001:db8::1/64`)
    parsePrefix(text)
  } catch (error) {
    throw new TopologyError(`${where}: ${(error as Error).message}`)
  }
}

function checkRoute({ name, interfaces }: NodePlan, { to, via, dev }: RoutePlan): void {
  checkAddress(to, `a route of node '${name}'`)
  if (via === undefined && dev === undefined)
    throw new TopologyError(`node '${name}': the route to ${to} needs a gateway (via) or an interface (dev)`)
  if (via !== undefined && !isIp(via)) throw new TopologyError(`node '${name}': the gateway '${via}' is no address`)
  if (dev !== undefined && !(dev in interfaces))
    throw new TopologyError(`node '${name}': the route to ${to} leaves by '${dev}', which is none of its interfaces`)
}

import { isIp, parsePrefix } from '@sallyport/linux'
import type { NodePlan, Topology } from './topology.ts'

const IFNAMSIZ = 16 // linux/if.h, with the closing NUL

/** A topology that cannot be built: which part, and why. */
export class TopologyError extends Error {
  override readonly name = 'TopologyError'
}

/** Throws {@link TopologyError} when a node does not fit into what is there already. */
export function checkNode(node: NodePlan, { networks, nodes }: Topology): void {
  if (nodes.some(({ name }) => name === node.name)) throw new TopologyError(`there is a node '${node.name}' already`)
  for (const [name, { network, addresses, mtu }] of Object.entries(node.interfaces)) {
    const where = `interface '${name}' of node '${node.name}'`
    checkInterfaceName(name, where)
    if (!networks.some((known) => known.name === network)) {
      throw new TopologyError(`${where}: there is no network '${network}'`)
    }
    for (const address of addresses) checkAddress(address, where)
    if (mtu !== undefined && (mtu < 68 || mtu > 65535))
      throw new TopologyError(`${where}: an MTU of ${mtu} is not 68 to 65535`)
  }
  for (const { to, via } of node.routes) checkRoute(node, to, via)
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

function checkRoute({ name }: NodePlan, to: string, via: string): void {
  checkAddress(to, `a route of node '${name}'`)
  if (!isIp(via)) throw new TopologyError(`node '${name}': the gateway '${via}' is no address`)
}

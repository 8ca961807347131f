import type { Fabric } from './build/fabric.ts'
import type { Home } from './build/home.ts'
import type { Setting } from './build/settings.ts'
import { LabNode, type NodeParts } from './node.ts'
import type { AddressPlan } from './topology/addressing.ts'
import type { Admission } from './topology/area.ts'
import { checkLink } from './topology/check.ts'
import type { Description } from './topology/description.ts'
import type { HostOptions } from './topology/internet.ts'
import { type Attachment, type NodePlan, planNode } from './topology/topology.ts'

/** What nodes are made with: the lab's own. */
export interface Workshop {
  readonly fabric: Fabric
  readonly addresses: AddressPlan
  readonly description: Description
  /** Throws TopologyError when there is a node of that name. */
  checkFree(name: string): void
  network(name: string): void
  /** Builds the machine, with some sysctls if wanted, makes the node of it, and remembers it. */
  build<T extends LabNode>(plan: NodePlan, make: (parts: NodeParts) => T, settings?: readonly Setting[]): T
}

/** A host in a network that gives out addresses; its interface is `eth0`. */
export function addHost(workshop: Workshop, place: Home, name: string, options: HostOptions): LabNode {
  workshop.checkFree(name)
  const { link, address, slaac = false } = options
  if (link !== undefined) checkLink(link, `the link of host '${name}'`)
  const wishes = { slaac, ...(address !== undefined && { address }) }
  const admission = place.admit(`node '${name}'`, name, 'eth0', wishes)
  const eth0 = attachment(place.area.network, admission, link)
  const plan = planNode(name, { eth0: slaac ? { ...eth0, slaac } : eth0 }, { routes: admission.routes })
  return workshop.build(plan, (parts) => {
    workshop.description.addHost(name, place.router, options)
    place.add(name, { machine: parts.machine, dev: 'eth0', wishes, admission })
    return new LabNode(parts, place)
  })
}

/** An interface of a node in a network that gives out addresses. */
export function attachment(network: string, { addresses }: Admission, link: Attachment['link']): Attachment {
  return { network, addresses, ...(link !== undefined && { link }) }
}

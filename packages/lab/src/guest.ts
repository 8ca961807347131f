import type { Fabric } from './build/fabric.ts'
import type { Home } from './build/home.ts'
import type { Machine } from './build/machine.ts'
import { LabNode } from './node.ts'
import type { Description } from './topology/description.ts'
import { planNode } from './topology/topology.ts'

let guests = 0

/** A host that looks in to measure something: it has an address of the network, and is no part of the topology. */
export class Guest extends LabNode {
  readonly #leave: () => void

  constructor(fabric: Fabric, description: Description, host: Home) {
    guests += 1
    const name = `guest-${guests}`
    const { addresses, routes } = host.area.admit(`guest '${name}'`, 'eth0')
    const plan = planNode(name, { eth0: { network: host.area.network, addresses } }, { routes })
    const machine: Machine = fabric.addNode(plan)
    super({ machine, fabric, description })
    let isGone = false
    this.#leave = () => {
      if (isGone) return
      isGone = true
      fabric.removeNode(machine)
      host.area.dismiss(addresses)
    }
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    // The cable first: with the namespace the kernel takes it away by itself, some time.
    this.#leave()
    await super[Symbol.asyncDispose]()
  }
}

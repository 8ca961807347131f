import type { LabNode } from '../../src/index.ts'

/** What a node has in the kernel of IPv6 addresses on its first interface, without link-local ones. */
export interface Held {
  /** Those that it uses. */
  readonly preferred: readonly string[]
  readonly deprecated: readonly string[]
}

export function held(node: LabNode, link = 'eth0'): Held {
  using route = node.route()
  const all = route.addresses().filter((each) => each.link === link && each.family === 6)
  const texts = (deprecated: boolean): string[] =>
    all
      .filter((each) => each.deprecated === deprecated && !each.address.startsWith('fe80:'))
      .map(({ address }) => address.split('/')[0]!)
      .sort()
  return { preferred: texts(false), deprecated: texts(true) }
}

/** The IPv6 address of a node as planned. */
export function six(node: LabNode): string {
  const found = node.addresses.find((address) => address.includes(':'))
  if (found === undefined) throw new Error(`node '${node.name}' has no IPv6 address`)
  return found
}

/** Destinations of IPv6 routes that a node has, with the gateway. */
export function ways(node: LabNode): string[] {
  using route = node.route()
  return route
    .routes()
    .filter(({ family, via }) => family === 6 && via !== undefined)
    .map(({ to, via }) => `${to} via ${via}`)
    .sort()
}

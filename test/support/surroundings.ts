import type { LabNode } from '@sallyport/lab'
import type { House } from './house.ts'

/**
 * Routers in front of ours and behind it, so that ICMP errors come from somebody else and have to be translated.
 *
 *   far ──── isp ──── (internet) ──── router ──── (home) ──── inner ──── attic
 *   198.51.100.10     203.0.113.254                192.168.1.50          192.168.1.78
 */
export interface Surroundings {
  readonly isp: LabNode
  readonly far: LabNode
  readonly inner: LabNode
  readonly attic: LabNode
}

export interface Narrow {
  /** MTU of isp's cable towards `far`; default 1500. */
  readonly farMtu?: number
  /** MTU of inner's cable towards `attic`; default 1500. */
  readonly atticMtu?: number
}

/** The narrow cables end at the routers: `far` and `attic` know nothing of them, as the ends of a path do not. */
export function addSurroundings(house: House, { farMtu = 1500, atticMtu = 1500 }: Narrow = {}): Surroundings {
  const { lab } = house
  const farNet = lab.network('far')
  const atticNet = lab.network('attic')
  const outside = { network: 'internet', addresses: ['203.0.113.254/24'] }
  const inside = { network: 'home', addresses: ['192.168.1.50/24'] }
  const towardsFar = { ...farNet.at('198.51.100.1/24'), mtu: farMtu }
  const towardsAttic = { ...atticNet.at('192.168.1.77/30'), mtu: atticMtu }
  using route = house.router.route()
  route.addRoute({ to: '198.51.100.0/24', via: '203.0.113.254' })
  route.addRoute({ to: '192.168.1.76/30', via: '192.168.1.50' })
  return {
    isp: lab.node('isp', { wan: outside, far: towardsFar }, { forwarding: true }),
    far: lab.node('far', { eth0: farNet.at('198.51.100.10/24') }, { via: '198.51.100.1' }),
    inner: lab.node('inner', { lan: inside, attic: towardsAttic }, { via: '192.168.1.1', forwarding: true }),
    attic: lab.node('attic', { eth0: atticNet.at('192.168.1.78/30') }, { via: '192.168.1.77' }),
  }
}

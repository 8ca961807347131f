import { NetworkNamespace, Route, writeSysctl } from '@sallyport/linux'

/** One router with one network behind it, next to others on the same internet. */
export interface House {
  readonly router: NetworkNamespace
  readonly inside: NetworkNamespace
  /** The router's address towards the internet; its interfaces are `wan` and `lan`. */
  readonly address: string
  /** The internet's address on that cable. */
  readonly internet: string
}

/** Inside every house alike: hosts that all live in one namespace. */
export const hosts: readonly string[] = Array.from({ length: 16 }, (_, n) => `192.168.1.${101 + n}`)
export const lanAddress = '192.168.1.1'

/**
 * One namespace that plays the whole internet, and houses on cables of their own: no switches in between, which would
 * cost both contestants the same and so hide a part of the difference.
 */
export class Internet implements Disposable {
  readonly namespace: NetworkNamespace = NetworkNamespace.create()
  readonly #houses: House[] = []

  constructor() {
    silence(this.namespace)
  }

  /** A house without any rules, whose router forwards. */
  async build(): Promise<House> {
    const subnet = `198.51.${100 + this.#houses.length}`
    const house = {
      router: NetworkNamespace.create(),
      inside: NetworkNamespace.create(),
      address: `${subnet}.1`,
      internet: `${subnet}.2`,
    }
    this.#houses.push(house)
    for (const namespace of [house.router, house.inside]) silence(namespace)
    house.router.run(() => writeSysctl('net.ipv4.ip_forward', '1'))
    await plug(house, this.namespace, `house${this.#houses.length}`)
    return house
  }

  [Symbol.dispose](): void {
    for (const { router, inside } of this.#houses) {
      router[Symbol.dispose]()
      inside[Symbol.dispose]()
    }
    this.namespace[Symbol.dispose]()
  }
}

/** No IPv6, so that nothing is sent but what is measured. */
function silence(namespace: NetworkNamespace): void {
  namespace.run(() => {
    for (const scope of ['all', 'default']) {
      writeSysctl(`net.ipv6.conf.${scope}.disable_ipv6`, '1')
      writeSysctl(`net.ipv4.conf.${scope}.rp_filter`, '0')
    }
  })
}

async function plug({ router, inside, address, internet }: House, internetNamespace: NetworkNamespace, port: string) {
  using within = Route.open({ namespace: router })
  using outside = Route.open({ namespace: internetNamespace })
  using home = Route.open({ namespace: inside })
  within.addVeth({ name: 'wan', up: true, peer: { name: port, namespace: internetNamespace } })
  within.addVeth({ name: 'lan', up: true, peer: { name: 'eth0', namespace: inside } })
  outside.setLink(port, { up: true })
  home.setLink('eth0', { up: true })
  within.addAddress('wan', `${address}/24`)
  within.addAddress('lan', `${lanAddress}/24`)
  outside.addAddress(port, `${internet}/24`)
  for (const host of hosts) home.addAddress('eth0', `${host}/24`)
  home.addRoute({ to: 'default', via: lanAddress })
  for (const [route, link] of [
    [within, 'wan'],
    [within, 'lan'],
    [outside, port],
    [home, 'eth0'],
  ] as const) {
    await route.running(link)
  }
}

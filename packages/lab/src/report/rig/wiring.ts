import { inPrefix, parseIp, parsePrefix } from '@sallyport/linux'
import type { Config } from '@sallyport/router'

/** What the rig's router looks like from outside the subject: names of interfaces, and addresses. */
export interface Wiring {
  /** Interfaces towards the internet; the first one is plugged in with an address. */
  readonly wan: readonly string[]
  /** Interface → the router's addresses there, with prefix length. The first one's network has the rig's hosts. */
  readonly lan: Readonly<Record<string, readonly string[]>>
  /** The router's address on the first WAN interface, with prefix length. */
  readonly external: string
  /** Addresses of two hosts on the first LAN. */
  readonly hosts: readonly [string, string]
}

/** Where nothing else is asked for. */
export const plainWiring: Wiring = {
  wan: ['wan'],
  lan: { lan: ['192.168.1.1/24'] },
  external: '203.0.113.1/24',
  hosts: ['192.168.1.10', '192.168.1.20'],
}

/** Interfaces and LAN addresses of a config; its hosts are two of those that the config promises its NAT to. */
export function wiringOf({ wan, lan, nat, hosts }: Config): Wiring {
  const lans = lan.map(({ name, addresses }) => [
    name,
    addresses.filter(({ family }) => family === 4).map(({ address, prefix }) => `${address}/${prefix}`),
  ])
  const first = lans[0]?.[1]?.[0] as string | undefined
  if (first === undefined) throw new RangeError('the first LAN of the config has no IPv4 address: nothing to report on')
  const promised = nat.hosts === 'lan' ? hosts : nat.hosts
  const named = promised.map(({ address }) => address)
  return {
    wan: wan.map(({ name }) => name),
    lan: Object.fromEntries(lans),
    external: plainWiring.external,
    hosts: hostsOf(first, named),
  }
}

/** Two addresses of a router's network (`192.168.1.1/24`), those that are given first. */
export function hostsOf(router: string, wanted: readonly string[] = []): [string, string] {
  const prefix = parsePrefix(router)
  const own = router.split('/')[0]!
  const inside = wanted.filter((address) => inPrefix(prefix, parseIp(address)))
  const base = own.split('.').slice(0, 3).join('.')
  const spare = [10, 20, 30, 40].map((number) => `${base}.${number}`).filter((address) => address !== own)
  const [one, two] = [...new Set([...inside, ...spare])].filter((address) => inPrefix(prefix, parseIp(address)))
  if (one === undefined || two === undefined) throw new RangeError(`${router} has no room for two hosts`)
  return [one, two]
}

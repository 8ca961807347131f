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

/** Names and addresses that the rig's router cannot have: which, and why. */
export class WiringError extends Error {
  override readonly name = 'WiringError'
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
  if (first === undefined)
    throw new WiringError('the first LAN of the config has no IPv4 address: nothing to report on')
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
  const prefix = prefixOf(router)
  const own = router.split('/')[0]!
  const inside = wanted.filter((address) => inPrefix(prefix, parseIp(address)))
  const base = own.split('.').slice(0, 3).join('.')
  const spare = [10, 20, 30, 40].map((number) => `${base}.${number}`).filter((address) => address !== own)
  const [one, two] = [...new Set([...inside, ...spare])].filter((address) => inPrefix(prefix, parseIp(address)))
  if (one === undefined || two === undefined)
    throw new WiringError(`the LAN of ${router} has no room for two hosts; give it a /24`)
  return [one, two]
}

/** Throws {@link WiringError} for what cannot be plugged in. */
export function checkedWiring(wiring: Wiring): Wiring {
  const { wan, lan, external } = wiring
  const twice = wan.find((name) => name in lan)
  if (twice !== undefined) throw new WiringError(`${twice} is the WAN and the LAN: say which is which`)
  const outside = prefixOf(external)
  // Servers have .10, .20, .30 and .254 of its network.
  if (outside.length > 24) throw new WiringError(`the WAN address ${external} leaves no room outside; give it a /24`)
  for (const address of Object.values(lan).flat())
    if (inPrefix(outside, parseIp(address.split('/')[0]!)))
      throw new WiringError(`the LAN address ${address} is in the network of the WAN address ${external}`)
  return wiring
}

/** Of an IPv4 address with prefix length. Throws {@link WiringError}. */
function prefixOf(address: string): ReturnType<typeof parsePrefix> {
  try {
    const prefix = parsePrefix(address)
    if (address.includes('/') && prefix.family === 4) return prefix
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
  throw new WiringError(`'${address}' is no IPv4 address with its prefix length; write one such as 192.168.1.1/24`)
}

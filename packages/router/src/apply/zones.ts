import { inPrefix, parseIp, parsePrefix, type Route } from '@sallyport/linux'
import type { Config } from '../config/index.ts'
import type { Zone } from '../plan/index.ts'

/** Where an address is: the router's own, in a LAN of the config, or elsewhere. */
export function zones(config: Config, route: Route): (address: string) => Zone {
  const own = new Set(route.addresses().map(({ address }) => address.split('/')[0]))
  const subnets = config.lan
    .flatMap((lan) => lan.addresses)
    .map(({ network, prefix }) => parsePrefix(`${network}/${prefix}`))
  const known = new Map<string, Zone>()
  const find = (address: string): Zone => {
    if (own.has(address)) return 'router'
    return subnets.some((subnet) => inPrefix(subnet, parseIp(address))) ? 'lan' : 'wan'
  }
  return (address) => {
    const zone = known.get(address) ?? find(address)
    known.set(address, zone)
    return zone
  }
}

import type { KernelElement, KernelSet } from '@sallyport/nftables'
import type { Config } from '../config/index.ts'
import { type OpenPort, readExternal, readOpenPort, readPin, readPorts } from './elements.ts'
import { unavailablePorts } from './ports.ts'

/**
 * Tells of a learned element whether it stands against the config: its port has become somebody's, or its host may
 * not open ports any more. What a rule learned under the old config would otherwise hold until it times out.
 */
export function contradicts(config: Config): (set: KernelSet, element: KernelElement) => boolean {
  const taken = { tcp: unavailablePorts(config, 'tcp'), udp: unavailablePorts(config, 'udp') }
  const hosts = config.nat.hosts === 'lan' ? undefined : new Set(config.nat.hosts.map(({ address }) => address))
  const portTaken = ({ protocol, external }: Pick<OpenPort, 'protocol' | 'external'>): boolean =>
    !config.nat.protocols.includes(protocol) ||
    taken[protocol].some(({ from, to }) => external >= from && external <= to)
  const wrong = (port: OpenPort | undefined): boolean =>
    port !== undefined && (portTaken(port) || (hosts !== undefined && !hosts.has(port.address)))
  return (set, element) => {
    if (set.name === 'ext') return wrong(readExternal(element))
    if (set.name === 'pin') return wrong(readPin(element))
    if (set.name === 'known' || set.name === 'owner') return wrong(readOpenPort(element))
    const ports = set.name === 'claim' ? readPorts(element) : undefined
    return ports !== undefined && portTaken({ protocol: ports.protocol, external: ports.from })
  }
}

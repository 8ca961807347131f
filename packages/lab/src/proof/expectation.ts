import { type Behaviour, type Ports, type ProtocolBehaviour, preservesPort } from '../nat/behaviour.ts'
import type { Facts } from './facts.ts'

/** What {@link prove} will find behind a NAT that does what the words say. Pure. `addresses`: how many it has outside. */
export function expectation(behaviour: Behaviour, { addresses = 1 }: { readonly addresses?: number } = {}): Facts {
  return { ...udpFacts(behaviour, addresses), ...tcpFacts(behaviour) }
}

function udpFacts({ udp, hairpin, pooling, unsolicited }: Behaviour, addresses: number): Facts {
  if (udp === 'blocked') return { 'UDP mapping': 'blocked', 'UDP filtering': 'blocked', hairpin: 'none' }
  const port = portFact(udp.ports, true)
  const probed = portFact(udp.ports, unsolicited === 'drop')
  return {
    'UDP mapping': mappingAlone(udp),
    'UDP filtering': udp.filtering,
    ...(port !== undefined && { 'UDP port': port }),
    hairpin,
    ...collision(udp),
    ...(probed !== undefined && { 'UDP port after a probe': probed }),
    ...(addresses > 1 && { 'external addresses': pooling }),
  }
}

function tcpFacts({ tcp }: Behaviour): Facts {
  if (tcp === 'blocked') return { 'TCP mapping': 'blocked', 'TCP filtering': 'blocked' }
  return { 'TCP mapping': mappingAlone(tcp), 'TCP filtering': tcp.filtering }
}

/** Who shares ports and keeps its own has the same one everywhere, until somebody else is in the way. */
function mappingAlone({ mapping, ports, overloading }: ProtocolBehaviour): string {
  return overloading && keepsPort(ports) ? 'endpoint-independent' : mapping
}

function keepsPort(ports: Ports): boolean {
  return preservesPort(ports) || isSinglePort(ports)
}

function isSinglePort(ports: Ports): boolean {
  return typeof ports === 'object' && ports.range[0] === ports.range[1]
}

/** Two hosts on one local port that begin at different destinations, and meet at each other's. */
function collision({ mapping, ports, overloading }: ProtocolBehaviour): Facts {
  if (isSinglePort(ports)) return {}
  const shares = overloading && preservesPort(ports)
  return {
    'UDP mapping of two hosts on one port': shares ? 'address-and-port-dependent' : mapping,
    'one external port for both': shares ? 'yes' : 'no',
  }
}

/** A wide range may hold the port that is asked for. */
function portFact(ports: Ports, free: boolean): string | undefined {
  if (preservesPort(ports)) return free ? 'preserved' : 'changed'
  if (typeof ports === 'object' && ports.range[1] - ports.range[0] > 1024) return undefined
  return 'changed'
}

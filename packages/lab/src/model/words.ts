import type { Endpoint } from '@sallyport/linux'
import { type Behaviour, type Dependence, type ProtocolBehaviour, preservesPort } from '../nat/behaviour.ts'
import type { Flow } from './flow.ts'
import { endpointText, type ModelProtocol } from './packet.ts'

/**
 * Echoes as Linux treats them: the identifier is kept where the answer's tuple is free, and only who was asked may
 * answer. The words of a behaviour say nothing about them but their timeout.
 */
const echo: ProtocolBehaviour = {
  mapping: 'endpoint-independent',
  filtering: 'address-and-port-dependent',
  ports: 'preserve',
  overloading: true,
  refresh: 'both',
}

export function wordsFor(behaviour: Behaviour, protocol: ModelProtocol): ProtocolBehaviour | 'blocked' {
  return protocol === 'icmp-echo' ? echo : behaviour[protocol]
}

/**
 * Sharing ports and preserving them together are the kernel's own masquerade, whatever the mapping is called: every
 * flow chooses by itself, and tries first what the newest flow of its inside endpoint has, then the inside port.
 */
export function isLoose({ overloading, ports }: ProtocolBehaviour): boolean {
  return overloading && preservesPort(ports)
}

/** The mapping that a packet to `remote` belongs to (RFC 4787 section 4.1): equal for all that share a mapping. */
export function mappingKey(
  protocol: ModelProtocol,
  inside: Endpoint,
  remote: Endpoint,
  words: ProtocolBehaviour,
): string {
  const own = `${protocol} ${endpointText(inside)}`
  if (words.mapping === 'endpoint-independent' || isLoose(words)) return own
  return words.mapping === 'address-dependent' ? `${own} ${remote.address}` : `${own} ${endpointText(remote)}`
}

/**
 * The mapping that a flow from outside belongs to, and keeps. Where a mapping is for one destination, whoever else gets
 * in through it keeps the port, but not the mapping: packets to that destination may get another one.
 */
export function reachedKey(
  { protocol, inside, external }: Pick<Flow, 'protocol' | 'inside' | 'external'>,
  words: ProtocolBehaviour,
): string {
  if (words.mapping === 'endpoint-independent' || isLoose(words)) return mappingKey(protocol, inside, external, words)
  return `${protocol} ${endpointText(inside)} at ${endpointText(external)}`
}

/** May `remote` send in, given a flow of the external endpoint that it sends to (RFC 4787 section 5)? */
export function lets(flow: Flow, remote: Endpoint, filtering: Dependence): boolean {
  if (filtering === 'endpoint-independent') return true
  if (!flow.sent.inside || flow.remote.address !== remote.address) return false
  return filtering === 'address-dependent' || flow.remote.port === remote.port
}

import type { BehaviourOptions, Timeouts } from '../behaviour.ts'

/** What the kernel has when nobody changes it: `nf_conntrack_*_timeout*`, seconds (Documentation/networking/nf_conntrack-sysctl.rst). */
export const linuxTimeouts: Timeouts = {
  udp: 30,
  udpStream: 120,
  tcpEstablished: 432_000,
  tcpTransitory: 120,
  icmp: 30,
}

/**
 * `masquerade` as conntrack does it: every flow keeps its port while no other flow to the same destination has it. A host
 * that is alone sees endpoint-independent mapping, two on one port do not.
 */
export const conntrackWords: BehaviourOptions = {
  mapping: 'endpoint-independent',
  filtering: 'address-and-port-dependent',
  overloading: true,
  hairpin: 'none',
  timeouts: linuxTimeouts,
}

/** `masquerade random`: another port for every flow. */
export const everyFlow: BehaviourOptions = { mapping: 'address-and-port-dependent', ports: 'random' }

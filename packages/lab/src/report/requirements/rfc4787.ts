import { deterministic, overlappingAddresses } from '../checks/conditions.ts'
import { filtering, filteringIsAnOption } from '../checks/filtering.ts'
import { fragmentationNeeded, fragmentsWhereItMust, outOfOrder, survivesFragmentFlood } from '../checks/fragments.ts'
import { hairpinning, hairpinSource } from '../checks/hairpin.ts'
import { algsOneByOne, noUdpAlg } from '../checks/helpers.ts'
import { errorsEndNothing, fromFarRouter, fromOutside, innerIsReverted, isForwarded } from '../checks/icmp-errors.ts'
import { inboundRefresh, lifetimeAtLeast, outboundRefresh, shorterForWellKnownPorts } from '../checks/lifetime.ts'
import { endpointIndependentMapping, noOverloading, pairedPooling } from '../checks/mapping.ts'
import { portParity, portRange } from '../checks/ports.ts'
import { configurable, udpTimer } from '../checks/settings.ts'
import type { Requirement } from '../requirement.ts'

type Row = Omit<Requirement, 'rfc'>

const rows: readonly Row[] = [
  {
    id: 'REQ-1',
    level: 'MUST',
    section: '4.1',
    title: 'an inside endpoint has one external endpoint, whomever it talks to',
    method: 'one socket to three destinations: alone, with a second host on the same port, and after an early probe',
    check: endpointIndependentMapping('udp'),
  },
  {
    id: 'REQ-2',
    level: 'RECOMMENDED',
    section: '4.1',
    title: 'with several external addresses, a host keeps to one of them',
    method: 'two external addresses, sixteen flows of each of two hosts',
    check: pairedPooling('udp'),
  },
  {
    id: 'REQ-3',
    level: 'MUST NOT',
    section: '4.2.1',
    title: 'two inside endpoints share one external endpoint',
    method: 'two hosts send from the same port to different servers',
    check: noOverloading('udp'),
  },
  {
    id: 'REQ-3a',
    level: 'RECOMMENDED',
    section: '4.2.1',
    title: 'ports below 1024 stay below, the others stay above',
    method: 'two hosts send from each of 600, 900, 1024 and 5000',
    check: portRange,
  },
  {
    id: 'REQ-4',
    level: 'RECOMMENDED',
    section: '4.2.2',
    title: 'even ports stay even, odd ones odd',
    method: 'two hosts collide on twelve ports, one after the other',
    check: portParity,
  },
  {
    id: 'REQ-5',
    level: 'MUST NOT',
    section: '4.3',
    title: 'a mapping ends before two minutes without a packet',
    method: 'what the router would have forgotten after so long is forgotten, then the server writes; answered and not',
    check: lifetimeAtLeast(120),
  },
  {
    id: 'REQ-5a',
    level: 'MAY',
    section: '4.3',
    title: 'mappings towards well-known ports are shorter',
    method: 'the same towards port 53',
    check: shorterForWellKnownPorts,
  },
  {
    id: 'REQ-5b',
    level: 'MAY',
    section: '4.3',
    title: 'the timer can be configured',
    method: 'the sysctl is set, and a new flow looked at',
    check: configurable(udpTimer),
  },
  {
    id: 'REQ-5c',
    level: 'RECOMMENDED',
    section: '4.3',
    title: 'by default a mapping lives five minutes or longer',
    method: 'as REQ-5',
    check: lifetimeAtLeast(300),
  },
  {
    id: 'REQ-6',
    level: 'MUST',
    section: '4.3',
    title: 'a packet from inside refreshes the mapping',
    method: 'a packet some seconds later, then nearly the whole lifetime of silence',
    check: outboundRefresh,
  },
  {
    id: 'REQ-6a',
    level: 'MAY',
    section: '4.3',
    title: 'a packet from outside refreshes the mapping',
    method: 'the same with a packet of the server',
    check: inboundRefresh,
  },
  {
    id: 'REQ-7',
    level: 'MUST',
    section: '4.4',
    title: 'copes with an external network that has the addresses of the internal one',
    method: "the WAN gets an address of the LAN's network; a host writes to another one outside",
    check: overlappingAddresses,
  },
  {
    id: 'REQ-8',
    level: 'RECOMMENDED',
    section: '5',
    title: 'filtering is endpoint-independent, or address-dependent',
    method: 'a stranger, then another port of the server writes to the mapping',
    check: filtering('udp'),
  },
  {
    id: 'REQ-8a',
    level: 'MAY',
    section: '5',
    title: 'the administrator can choose the filtering',
    method: 'by construction',
    check: filteringIsAnOption,
  },
  {
    id: 'REQ-9',
    level: 'MUST',
    section: '6',
    title: 'a host reaches another one at its external endpoint, and gets its answer',
    method: 'two hosts with mappings, one writes to the other one’s',
    check: hairpinning('udp'),
  },
  {
    id: 'REQ-9a',
    level: 'MUST',
    section: '6',
    title: 'there it is seen at its own external endpoint',
    method: 'the source of that packet, as it arrives',
    check: hairpinSource('udp'),
  },
  {
    id: 'REQ-10',
    level: 'SHOULD',
    section: '7',
    title: 'no application level gateway is at work',
    method: 'flows to the ports of all UDP helpers, and a SIP message that names inside addresses',
    check: noUdpAlg,
  },
  {
    id: 'REQ-10a',
    level: 'RECOMMENDED',
    section: '7',
    title: 'each application level gateway can be switched by itself',
    method: 'by construction, if there are any',
    check: algsOneByOne,
  },
  {
    id: 'REQ-11',
    level: 'MUST',
    section: '8',
    title: 'mapping and filtering never change their kind',
    method: 'both are measured fresh, under load, after silence and a reload, with a collision, after an early probe',
    check: deterministic,
  },
  {
    id: 'REQ-12',
    level: 'MUST NOT',
    section: '9',
    title: 'an ICMP message ends a mapping',
    method: 'every code of every error from outside and inside, then both directions again',
    check: errorsEndNothing('udp'),
  },
  {
    id: 'REQ-12a',
    level: 'SHOULD NOT',
    section: '9',
    title: 'ICMP messages are filtered by who sent them',
    method: 'an error from a router that nobody has written to',
    check: fromOutside('an error from a router on the way', fromFarRouter, isForwarded),
  },
  {
    id: 'REQ-12b',
    level: 'RECOMMENDED',
    section: '9',
    title: 'destination unreachable is translated',
    method: 'a port unreachable of the server',
    check: fromOutside('port unreachable', { type: 3, code: 3 }, innerIsReverted),
  },
  {
    id: 'REQ-13',
    level: 'MUST',
    section: '10',
    title: 'says that a packet with DF is too large',
    method: 'a WAN with an MTU of 1280',
    check: fragmentationNeeded,
  },
  {
    id: 'REQ-13a',
    level: 'MUST',
    section: '10',
    title: 'fragments a packet without DF that is too large, in order',
    method: 'a WAN with an MTU of 1280',
    check: fragmentsWhereItMust,
  },
  {
    id: 'REQ-14',
    level: 'MUST',
    section: '11',
    title: 'takes fragments in any order',
    method: 'four fragments in three orders, first packets and answers',
    check: outOfOrder,
  },
  {
    id: 'REQ-14a',
    level: 'MUST',
    section: '11',
    title: 'a flood of fragments does not keep other packets from passing',
    method: 'three thousand first fragments of a stranger, then a flow’s packets, whole and in order',
    check: survivesFragmentFlood,
  },
]

/** RFC 4787: NAT behavioral requirements for unicast UDP. */
export const rfc4787: readonly Requirement[] = rows.map((row) => ({ rfc: 4787, ...row }))

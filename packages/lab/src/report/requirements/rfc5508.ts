import { sameEndpoint } from '../../traffic/endpoint.ts'
import { saysWhenFull } from '../checks/conditions.ts'
import { fragmentationNeeded } from '../checks/fragments.ts'
import { hairpinnedError } from '../checks/hairpin-errors.ts'
import {
  errorAboutNothing,
  fromInside,
  fromOutside,
  innerIsReverted,
  isDropped,
  isForwarded,
  outerIsTranslated,
} from '../checks/icmp-errors.ts'
import {
  deprecatedMessages,
  errorsLeaveQueries,
  identifiersIndependent,
  optionalMessages,
  otherMessages,
  queriesPass,
  queryTimer,
} from '../checks/queries.ts'
import { copiesDiffserv, limitsErrors, noErrorsAboutErrors, saysTimeExceeded } from '../checks/router.ts'
import { configurable, icmpTimer } from '../checks/settings.ts'
import { notApplicable } from '../finding.ts'
import type { Requirement } from '../requirement.ts'
import { aboutOf } from '../rig/errors.ts'
import { multiPart, routerAlert } from '../rig/odd-packets.ts'

type Row = Omit<Requirement, 'rfc'>

const rows: readonly Row[] = [
  {
    id: 'REQ-1',
    level: 'MUST',
    section: '3.1',
    title: 'hosts can ping outside, and get their answers',
    method: 'two hosts ping one server with one identifier',
    check: queriesPass,
  },
  {
    id: 'REQ-1a',
    level: 'SHOULD',
    section: '3.1',
    title: 'an identifier is translated alike towards everybody',
    method: 'two hosts with one identifier ping two servers',
    check: identifiersIndependent,
  },
  {
    id: 'REQ-2',
    level: 'MUST NOT',
    section: '3.2',
    title: 'forgets a query before 60 s',
    method: 'an answer after 59 s, as RFC 4787 REQ-5 is tested',
    check: queryTimer,
  },
  {
    id: 'REQ-2a',
    level: 'RECOMMENDED',
    section: '3.2',
    title: 'that timer can be configured',
    method: 'the sysctl is set, and a new query looked at',
    check: configurable(icmpTimer),
  },
  {
    id: 'REQ-3',
    level: 'SHOULD',
    section: '4.1',
    title: 'drops an error with a wrong ICMP checksum',
    method: 'such an error',
    check: fromOutside('an error with a wrong checksum', { spoil: 'icmp checksum' }, isDropped, {
      advice:
        "leave errors to the kernel's NAT, which checks them (nf_nat_icmp_reply_translation), instead of rewriting them by rules",
    }),
  },
  {
    id: 'REQ-3a',
    level: 'SHOULD',
    section: '4.1',
    title: 'drops an error about a packet with a wrong IP checksum',
    method: 'such an error',
    check: fromOutside('an error about a packet with a wrong IP checksum', { spoil: 'inner ip checksum' }, isDropped, {
      limitation: 'conntrack does not look at the IP checksum of the packet inside an error',
    }),
  },
  {
    id: 'REQ-3b',
    level: 'MUST',
    section: '4.1',
    title: 'finds the ports behind IP options in the packet inside',
    method: 'an error about a packet with a router alert',
    check: fromOutside('an error about a packet with IP options', { options: routerAlert }, innerIsReverted),
  },
  {
    id: 'REQ-3c',
    level: 'SHOULD NOT',
    section: '4.1',
    title: 'looks at the transport checksum of the packet inside',
    method: 'an error about a packet with a wrong UDP checksum',
    check: fromOutside(
      'an error about a packet with a wrong UDP checksum',
      { spoil: 'inner transport checksum' },
      isForwarded,
    ),
  },
  {
    id: 'REQ-3d',
    level: 'MUST',
    section: '4.1',
    title: 'leaves ICMP extensions and their padding aside',
    method: 'a multi-part error (RFC 4884): 128 bytes of the packet, then an MPLS label',
    check: fromOutside('an error with extensions', multiPart, innerIsReverted),
  },
  {
    id: 'REQ-4',
    level: 'SHOULD',
    section: '4.2.1',
    title: 'drops an error from outside that is about no mapping',
    method: 'an error about a packet that nobody sent',
    check: errorAboutNothing,
  },
  {
    id: 'REQ-4a',
    level: 'MUST',
    section: '4.2.1',
    title: 'gives the packet inside back as the host had sent it',
    method: 'the inner packet of an error, as it arrives',
    check: fromOutside('an error', { type: 3, code: 1 }, innerIsReverted),
  },
  {
    id: 'REQ-4b',
    level: 'MUST',
    section: '4.2.1',
    title: 'leaves type and code as they are',
    method: 'time exceeded in reassembly, as it arrives',
    check: fromOutside('type 11, code 1', { type: 11, code: 1 }, isForwarded),
  },
  {
    id: 'REQ-4c',
    level: 'MUST',
    section: '4.2.1',
    title: 'sends it to the host that the packet inside is from',
    method: 'the destination of an error, as it arrives',
    check: fromOutside('an error', { type: 3, code: 1 }, outerIsTranslated),
  },
  {
    id: 'REQ-5',
    level: 'SHOULD',
    section: '4.2.2',
    title: 'drops an error from inside that is about no mapping',
    method: 'an error about a packet that nobody sent',
    check: fromInside((arrived) => arrived === undefined, false),
  },
  {
    id: 'REQ-5a',
    level: 'MUST',
    section: '4.2.2',
    title: 'gives the packet inside back as the server had sent it',
    method: 'the inner packet of an error from inside, as it arrives',
    check: fromInside((arrived, { external, server, serverPort }) => {
      const about = arrived && aboutOf(arrived)
      return about !== undefined && sameEndpoint(about.to, external) && sameEndpoint(about.from, server.at(serverPort))
    }),
  },
  {
    id: 'REQ-5b',
    level: 'MUST',
    section: '4.2.2',
    title: 'leaves type and code as they are',
    method: 'a port unreachable from inside, as it arrives',
    check: fromInside((arrived) => arrived?.transport?.kind === 'icmp' && arrived.transport.code === 3),
  },
  {
    id: 'REQ-5c',
    level: 'MUST',
    section: '4.2.2',
    title: 'sends it from its public address',
    method: 'the source of an error from inside, as it arrives',
    check: fromInside((arrived, { external }) => arrived?.source === external.address),
  },
  {
    id: 'REQ-6',
    level: 'MUST NOT',
    section: '4.3',
    title: 'an error about a query ends or refreshes it',
    method: "the query's time left before and after, and its answer",
    check: errorsLeaveQueries,
  },
  {
    id: 'REQ-7',
    level: 'MUST',
    section: '5',
    title: 'lets errors about hairpinned packets through',
    method: 'a host refuses what another one sent to its external endpoint; queries are a matter of Basic NAT only',
    check: hairpinnedError('arrives'),
  },
  {
    id: 'REQ-7a',
    level: 'MUST',
    section: '5',
    title: 'sends such an error to the host that the packet inside is from',
    method: 'destination and inner source of that error, as it arrives',
    check: hairpinnedError('is translated'),
  },
  {
    id: 'REQ-8',
    level: 'SHOULD',
    section: '6',
    title: 'says "administratively prohibited" when it cannot take a flow',
    method: 'a host with a flow from every port to one server, then another host’s flow to there',
    check: saysWhenFull,
  },
  {
    id: 'REQ-9',
    level: 'MAY',
    section: '7',
    title: 'has a policy that keeps ICMP messages from some interfaces',
    method: 'none: a policy is not seen from outside',
    check: () => notApplicable('an option; where REQ-10 fails, look for such a policy'),
  },
  {
    id: 'REQ-10a.1',
    level: 'MUST',
    section: '7.1',
    title: 'honours DF, and says that a packet is too large',
    method: 'a WAN with an MTU of 1280',
    check: fragmentationNeeded,
  },
  {
    id: 'REQ-10a.2',
    level: 'MUST',
    section: '7.2',
    title: 'says that the time of a packet is exceeded',
    method: 'a datagram with TTL 1',
    check: saysTimeExceeded,
  },
  {
    id: 'REQ-10a.3',
    level: 'MUST',
    section: '7',
    title: 'lets echo requests and their answers pass',
    method: 'as REQ-1',
    check: queriesPass,
  },
  {
    id: 'REQ-10b',
    level: 'MAY',
    section: '7',
    title: 'lets timestamp or address mask requests pass',
    method: 'one of each',
    check: optionalMessages,
  },
  {
    id: 'REQ-10c',
    level: 'SHOULD NOT',
    section: '7',
    title: 'takes part in source quench and information requests',
    method: 'an information request to the router',
    check: deprecatedMessages,
  },
  {
    id: 'REQ-10d',
    level: 'RECOMMENDED',
    section: '7.7',
    title: 'an error has the diffserv class of the packet that caused it',
    method: 'a packet of class EF with TTL 1',
    check: copiesDiffserv,
  },
  {
    id: 'REQ-10e',
    level: 'RECOMMENDED',
    section: '7',
    title: 'sends no errors about errors, nor about later fragments',
    method: 'one of each with TTL 1',
    check: noErrorsAboutErrors,
  },
  {
    id: 'REQ-10f',
    level: 'RECOMMENDED',
    section: '7',
    title: 'limits the rate of its errors',
    method: 'two hundred packets with TTL 1, with the limit that Linux has by default',
    check: limitsErrors,
  },
  {
    id: 'REQ-11',
    level: 'MAY',
    section: '8',
    title: 'drops messages that are neither queries nor errors',
    method: 'a message of type 40',
    check: otherMessages,
  },
]

/** RFC 5508: NAT behavioral requirements for ICMP. */
export const rfc5508: readonly Requirement[] = rows.map((row) => ({ rfc: 5508, ...row }))

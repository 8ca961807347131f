import { filtering, filteringByProtocol, filteringIsAnOption } from '../checks/filtering.ts'
import { hairpinning, hairpinSource } from '../checks/hairpin.ts'
import { noTcpAlg } from '../checks/helpers.ts'
import { errorsEndNothing, fromOutside, innerIsReverted } from '../checks/icmp-errors.ts'
import { endpointIndependentMapping, noOverloading } from '../checks/mapping.ts'
import { configurable, tcpTimer } from '../checks/settings.ts'
import { simultaneousOpen, validSequences } from '../checks/tcp-sequences.ts'
import { tcpTimeouts } from '../checks/tcp-timers.ts'
import { answerAfterSixSeconds, unsolicitedSyn } from '../checks/tcp-unsolicited.ts'
import type { Requirement } from '../requirement.ts'

type Row = Omit<Requirement, 'rfc'>

const rows: readonly Row[] = [
  {
    id: 'REQ-1',
    level: 'MUST',
    section: '4.1',
    title: 'an inside endpoint has one external endpoint, whomever it connects to',
    method: 'one port to three destinations: alone, with a second host on the same port, and after an early SYN',
    check: endpointIndependentMapping('tcp'),
  },
  {
    id: 'REQ-2',
    level: 'MUST',
    section: '4.2',
    title: 'every valid sequence of segments passes',
    method: 'connections that are closed, half closed, reset and refused by either side, segment by segment',
    check: validSequences,
  },
  {
    id: 'REQ-2a',
    level: 'MUST',
    section: '4.2',
    title: 'two hosts that connect to each other at once get a connection',
    method: 'SYNs that cross, segment by segment',
    check: simultaneousOpen,
  },
  {
    id: 'REQ-3',
    level: 'RECOMMENDED',
    section: '4.3',
    title: 'filtering is endpoint-independent, or address-dependent',
    method: 'a SYN of a stranger, then of another port of the server to the mapping',
    check: filtering('tcp'),
  },
  {
    id: 'REQ-3a',
    level: 'MAY',
    section: '4.3',
    title: 'the administrator can choose the filtering',
    method: 'by construction',
    check: filteringIsAnOption,
  },
  {
    id: 'REQ-3b',
    level: 'MAY',
    section: '4.3',
    title: 'filtering differs from that of UDP',
    method: 'both are measured',
    check: filteringByProtocol,
  },
  {
    id: 'REQ-4',
    level: 'MUST NOT',
    section: '4.3',
    title: 'answers an unsolicited SYN within six seconds',
    method: 'a SYN to a port that nobody has, and one that the host answers with its own; six seconds of listening',
    check: unsolicitedSyn,
  },
  {
    id: 'REQ-4a',
    level: 'MUST',
    section: '4.3',
    title: 'drops that SYN in silence where its policy forbids an answer',
    method: 'what comes until seven and a half seconds are over; port unreachable after six is right too',
    check: answerAfterSixSeconds,
  },
  {
    id: 'REQ-5',
    level: 'MUST NOT',
    section: '5',
    title: 'forgets a connection before 2 h 4 min, or 4 min while it opens or closes',
    method: 'a connection is brought into each state, and conntrack asked how long it has',
    check: tcpTimeouts,
  },
  {
    id: 'REQ-5a',
    level: 'MAY',
    section: '5',
    title: 'the timers can be configured',
    method: 'the sysctl is set, and a new connection looked at',
    check: configurable(tcpTimer),
  },
  {
    id: 'REQ-6',
    level: 'RECOMMENDED',
    section: '6',
    title: 'no application level gateway is at work, but perhaps that of FTP',
    method: 'connections to the ports of all TCP helpers',
    check: noTcpAlg,
  },
  {
    id: 'REQ-7',
    level: 'MUST NOT',
    section: '7.1',
    title: 'two inside endpoints share one external endpoint',
    method: 'two hosts connect from the same port to different servers',
    check: noOverloading('tcp'),
  },
  {
    id: 'REQ-8',
    level: 'MUST',
    section: '7.2',
    title: 'a host connects to another one at its external endpoint',
    method: 'a handshake between two hosts with mappings',
    check: hairpinning('tcp'),
  },
  {
    id: 'REQ-8a',
    level: 'MUST',
    section: '7.2',
    title: 'there it is seen at its own external endpoint',
    method: 'the source of that SYN, as it arrives',
    check: hairpinSource('tcp'),
  },
  {
    id: 'REQ-9',
    level: 'SHOULD',
    section: '7.3',
    title: 'destination unreachable is translated',
    method: 'a host unreachable about a connection',
    check: fromOutside('host unreachable', { type: 3, code: 1 }, innerIsReverted, {}, 'tcp'),
  },
  {
    id: 'REQ-10',
    level: 'MUST NOT',
    section: '7.3',
    title: 'an ICMP message ends a mapping or a connection',
    method: 'every code of every error from outside and inside, then data in both directions',
    check: errorsEndNothing('tcp'),
  },
]

/** RFC 5382: NAT behavioral requirements for TCP. */
export const rfc5382: readonly Requirement[] = rows.map((row) => ({ rfc: 5382, ...row }))

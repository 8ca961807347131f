import { filteringKnowsProtocols, mappingKnowsProtocols } from '../checks/filtering.ts'
import { uniqueIdentification } from '../checks/fragments.ts'
import { hairpinnedError } from '../checks/hairpin-errors.ts'
import { errorsRefreshNothing, filteredPacketsRefreshNothing } from '../checks/lifetime.ts'
import { pairedPooling, portOverlapping } from '../checks/mapping.ts'
import { portRandomization } from '../checks/ports.ts'
import { separateTimers } from '../checks/settings.ts'
import { resetsAreTranslated } from '../checks/tcp-sequences.ts'
import { sessionAfterReset, stateMachine, transitoryTimeouts } from '../checks/tcp-timers.ts'
import { notApplicable, notTestable } from '../finding.ts'
import type { Requirement } from '../requirement.ts'

type Row = Omit<Requirement, 'rfc' | 'section'>

/** It has sections instead of numbers; a letter tells the sentences of one section apart. */
const rows: readonly Row[] = [
  {
    id: '§2',
    level: 'SHOULD',
    title: 'follows TCP connections by the state machine of its figure 1',
    method: 'a reset, then data, which has to bring the connection back',
    check: stateMachine,
  },
  {
    id: '§2.1a',
    level: 'SHOULD',
    title: 'has separate timers for opening and closing connections',
    method: 'the sysctls',
    check: separateTimers,
  },
  {
    id: '§2.1b',
    level: 'RECOMMENDED',
    title: 'by default they are four minutes or longer',
    method: 'as RFC 5382 REQ-5',
    check: transitoryTimeouts,
  },
  {
    id: '§2.2a',
    level: 'MUST',
    title: 'translates resets',
    method: 'a reset in either direction',
    check: resetsAreTranslated,
  },
  {
    id: '§2.2b',
    level: 'SHOULD',
    title: 'keeps a connection for four minutes after a reset',
    method: 'conntrack is asked how long it has',
    check: sessionAfterReset,
  },
  {
    id: '§3',
    level: 'MAY',
    title: 'flows of several hosts share a port when their destinations differ',
    method: 'as RFC 4787 REQ-3',
    check: portOverlapping,
  },
  {
    id: '§4a',
    level: 'SHOULD',
    title: 'with paired pooling, drops flows when the address of the host has no port left',
    method: 'none: a pool of two addresses cannot be exhausted in a moment',
    check: () => notTestable('needs an external address without a free port beside one with'),
  },
  {
    id: '§4b',
    level: 'SHOULD',
    title: 'pools in pairs over TCP too',
    method: 'two external addresses, flows of both protocols',
    check: pairedPooling('udp', 'tcp'),
  },
  {
    id: '§5',
    level: 'SHOULD',
    title: 'a mapping is of one protocol',
    method: 'the port that one host has over UDP is wanted by another one over TCP',
    check: mappingKnowsProtocols,
  },
  {
    id: '§6',
    level: 'SHOULD',
    title: 'a mapping lets nobody in over another protocol',
    method: 'SYNs to a mapping of UDP, datagrams to one of TCP',
    check: filteringKnowsProtocols,
  },
  {
    id: '§7',
    level: 'SHOULD NOT',
    title: 'packets that are filtered out refresh a mapping',
    method: 'as RFC 4787 REQ-6, with the packet of a stranger',
    check: filteredPacketsRefreshNothing,
  },
  {
    id: '§7.1',
    level: 'SHOULD NOT',
    title: 'errors that a host sends refresh a mapping',
    method: 'as RFC 4787 REQ-6, with an ICMP error of the host',
    check: errorsRefreshNothing,
  },
  {
    id: '§8',
    level: 'MAY',
    title: 'keeps no parity; who wants it can ask for it',
    method: 'none: needs a protocol to ask with (RFC 7753)',
    check: () => notApplicable('see RFC 4787 REQ-4'),
  },
  {
    id: '§9',
    level: 'SHOULD',
    title: 'ports that are given instead of the wanted ones cannot be foretold',
    method: 'two hosts collide on twelve ports; differences of what is given instead',
    check: portRandomization,
  },
  {
    id: '§10',
    level: 'SHOULD',
    title: 'identifications of IPv4 packets that may be fragmented are unique (RFC 6864 section 5.3.1)',
    method: 'two hosts send the same one to one server',
    check: uniqueIdentification,
  },
  {
    id: '§11',
    level: 'MAY',
    title: 'forgets an identifier with its last query',
    method: 'none: both are right',
    check: () => notApplicable('conntrack keeps nothing beyond the query'),
  },
  {
    id: '§12',
    level: 'MUST',
    title: 'lets errors about hairpinned packets through (RFC 5508 REQ-7)',
    method: 'as RFC 5508 REQ-7',
    check: hairpinnedError('arrives'),
  },
]

/** RFC 7857: updates to the other three. */
export const rfc7857: readonly Requirement[] = rows.map((row) => ({
  rfc: 7857,
  section: row.id.replace(/§|[a-z]/g, ''),
  ...row,
}))

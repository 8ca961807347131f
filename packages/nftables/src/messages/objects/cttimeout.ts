import { attributes, type Codec, type Field, named, type Unknown, u8, u16be, u32be, unknown } from '@sallyport/linux'
import { exactly } from '../../expr/exactly.ts'
import { type ExpressionCodec, expression } from '../../expr/table.ts'
import { l3Protocols } from './cthelper.ts'

/** enum ctattr_timeout_tcp of linux/netfilter/nfnetlink_cttimeout.h */
const tcp = {
  syn_sent: 1, // CTA_TIMEOUT_TCP_SYN_SENT
  syn_recv: 2, // CTA_TIMEOUT_TCP_SYN_RECV
  established: 3, // CTA_TIMEOUT_TCP_ESTABLISHED
  fin_wait: 4, // CTA_TIMEOUT_TCP_FIN_WAIT
  close_wait: 5, // CTA_TIMEOUT_TCP_CLOSE_WAIT
  last_ack: 6, // CTA_TIMEOUT_TCP_LAST_ACK
  time_wait: 7, // CTA_TIMEOUT_TCP_TIME_WAIT
  close: 8, // CTA_TIMEOUT_TCP_CLOSE
  syn_sent2: 9, // CTA_TIMEOUT_TCP_SYN_SENT2
  retrans: 10, // CTA_TIMEOUT_TCP_RETRANS
  unack: 11, // CTA_TIMEOUT_TCP_UNACK
} as const

/** enum ctattr_timeout_udp, and ctattr_timeout_udplite, which is the same */
const udp = {
  unreplied: 1, // CTA_TIMEOUT_UDP_UNREPLIED
  replied: 2, // CTA_TIMEOUT_UDP_REPLIED
} as const

/** enum ctattr_timeout_sctp */
const sctp = {
  closed: 1, // CTA_TIMEOUT_SCTP_CLOSED
  cookie_wait: 2, // CTA_TIMEOUT_SCTP_COOKIE_WAIT
  cookie_echoed: 3, // CTA_TIMEOUT_SCTP_COOKIE_ECHOED
  established: 4, // CTA_TIMEOUT_SCTP_ESTABLISHED
  shutdown_sent: 5, // CTA_TIMEOUT_SCTP_SHUTDOWN_SENT
  shutdown_recd: 6, // CTA_TIMEOUT_SCTP_SHUTDOWN_RECD
  shutdown_ack_sent: 7, // CTA_TIMEOUT_SCTP_SHUTDOWN_ACK_SENT
  heartbeat_sent: 8, // CTA_TIMEOUT_SCTP_HEARTBEAT_SENT
} as const

/** enum ctattr_timeout_dccp */
const dccp = {
  request: 1, // CTA_TIMEOUT_DCCP_REQUEST
  respond: 2, // CTA_TIMEOUT_DCCP_RESPOND
  partopen: 3, // CTA_TIMEOUT_DCCP_PARTOPEN
  open: 4, // CTA_TIMEOUT_DCCP_OPEN
  closereq: 5, // CTA_TIMEOUT_DCCP_CLOSEREQ
  closing: 6, // CTA_TIMEOUT_DCCP_CLOSING
  timewait: 7, // CTA_TIMEOUT_DCCP_TIMEWAIT
} as const

/** enum ctattr_timeout_gre */
const gre = { unreplied: 1, replied: 2 } as const // CTA_TIMEOUT_GRE_UNREPLIED, CTA_TIMEOUT_GRE_REPLIED

/** CTA_TIMEOUT_ICMP_TIMEOUT, CTA_TIMEOUT_ICMPV6_TIMEOUT, CTA_TIMEOUT_GENERIC_TIMEOUT */
const single = { timeout: 1 } as const

/** The states of a connection of each protocol (IPPROTO_*) that a policy can give seconds to, with their numbers. */
export const timeoutStates: Readonly<Record<number, Readonly<Record<string, number>>>> = {
  1: single,
  6: tcp,
  17: udp,
  33: dccp,
  47: gre,
  58: single,
  132: sctp,
  136: udp,
}

type TcpState = keyof typeof tcp
type UdpState = keyof typeof udp | keyof typeof gre
type OtherState = keyof typeof sctp | keyof typeof dccp | keyof typeof single

/** Seconds in each state; states of another protocol than the object's are not written. */
export type TimeoutPolicy = Partial<Record<TcpState | UdpState | OtherState, number>>

/** How long connection tracking remembers a connection that says nothing. */
export interface CtTimeout {
  expr: 'ct_timeout'
  l3proto?: keyof typeof l3Protocols
  /** IPPROTO_* */
  l4proto: number
  /** Default of what is left out: the kernel's own. */
  policy?: TimeoutPolicy
}

/** One attribute for each number of a state, whatever the protocol calls it. */
interface Wire {
  expr: 'ct_timeout'
  l3proto?: keyof typeof l3Protocols
  l4proto: number
  data?: States
}
type States = Readonly<Record<string, number>> & Unknown

const states: Codec<States> = attributes<Record<string, number>>(
  'timeouts',
  Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`state${index + 1}`, [index + 1, u32be]])) as never,
)

const wire: ExpressionCodec<Wire> = expression<Wire>('ct_timeout', {
  l3proto: [1, named(u16be, l3Protocols), 'NFTA_CT_TIMEOUT_L3PROTO'],
  l4proto: [2, u8, 'NFTA_CT_TIMEOUT_L4PROTO'],
  data: [3, states as Field<States>, 'NFTA_CT_TIMEOUT_DATA'],
})

function toWire({ policy, ...rest }: CtTimeout): Wire {
  if (policy === undefined) return rest
  const numbers = timeoutStates[rest.l4proto] ?? {}
  const given = Object.entries(policy).filter(([name, seconds]) => name in numbers && seconds !== undefined)
  const unnamed = Object.entries(policy).filter(([name]) => /^state\d+$/.test(name))
  const data = Object.fromEntries([...given.map(([name, seconds]) => [`state${numbers[name]}`, seconds]), ...unnamed])
  return { ...rest, data: { ...data, ...unknownOf(policy) } }
}

/** A state without a name is `state12`. */
function fromWire({ data, ...rest }: Wire): CtTimeout {
  if (data === undefined) return rest
  const names = Object.entries(timeoutStates[rest.l4proto] ?? {})
  const nameOf = (state: string): string => names.find(([, number]) => `state${number}` === state)?.[0] ?? state
  const named = Object.entries(data).map(([state, seconds]) => [nameOf(state), seconds])
  return { ...rest, policy: { ...Object.fromEntries(named), ...unknownOf(data) } }
}

function unknownOf(value: object): Unknown {
  const rest = (value as Unknown)[unknown]
  return rest === undefined ? {} : { [unknown]: rest }
}

export const ctTimeout: ExpressionCodec<CtTimeout> = {
  ...exactly(wire, toWire, fromWire),
  bare: false,
  canonical: (value) => value,
}

import { EACCES, EINTR, ENOBUFS, EPERM, errnoMeaning, errnoName } from '../system/errno.ts'
import type { Ack } from './ack.ts'
import { NLMSG_HDRLEN } from './header.ts'

export interface NetlinkErrorFields {
  /** What was asked: 'newlink lan0', 'newrule'. */
  readonly operation: string
  /** Positive error number. */
  readonly errno: number
  /** The offending attribute, outermost first: 'IFLA_LINKINFO.IFLA_INFO_KIND'. */
  readonly attribute?: string | undefined
  /** What the kernel says in words (NLMSGERR_ATTR_MSG). */
  readonly detail?: string | undefined
  /** What it means here, or what to do. */
  readonly hint?: string | undefined
}

/** A request that the kernel refused. `newroute: ENETUNREACH at RTA_GATEWAY: Nexthop has invalid gateway` */
export class NetlinkError extends Error {
  readonly operation: string
  readonly errno: number
  readonly code: string
  readonly attribute: string | undefined
  readonly detail: string | undefined
  readonly hint: string | undefined

  constructor(fields: NetlinkErrorFields) {
    super(sentence(fields))
    this.name = 'NetlinkError'
    this.operation = fields.operation
    this.errno = fields.errno
    this.code = errnoName(fields.errno)
    this.attribute = fields.attribute
    this.detail = fields.detail
    this.hint = fields.hint
  }
}

function sentence({ operation, errno, attribute, detail, hint }: NetlinkErrorFields): string {
  const place = attribute === undefined ? '' : ` at ${attribute}`
  const reason = detail ?? (hint === undefined ? errnoMeaning(errno) : undefined)
  return `${operation}: ${errnoName(errno)}${place}: ${[reason, hint].filter((part) => part !== undefined).join('; ')}`
}

/** What an error needs to know of the message that was refused. */
export interface Refused {
  readonly operation: string
  /** What followed the netlink header. */
  readonly body: Uint8Array
  /** Names of the attribute at this offset of the body; that of the message's codec. */
  readonly pathAt?: ((body: Uint8Array, offset: number) => string[]) | undefined
  /** Sentences for error codes that mean something particular here: { ENODEV: "no link named 'lan0'" }. */
  readonly hints?: Readonly<Record<string, string>> | undefined
}

/** The error for a refusal: offsets become names, well-known codes get a sentence. */
export function refusal(ack: Ack, refused: Refused): NetlinkError {
  return new NetlinkError({
    operation: refused.operation,
    errno: ack.errno,
    attribute: attributeOf(ack, refused),
    detail: ack.message,
    hint: refused.hints?.[errnoName(ack.errno)] ?? missing(ack) ?? generalHints.get(ack.errno),
  })
}

function attributeOf(ack: Ack, { body, pathAt }: Refused): string | undefined {
  const offset = ack.offset ?? ack.missingNest
  if (offset === undefined || offset < NLMSG_HDRLEN || pathAt === undefined) return undefined
  return pathAt(body, offset - NLMSG_HDRLEN).join('.') || undefined
}

function missing(ack: Ack): string | undefined {
  return ack.missingType === undefined ? undefined : `attribute ${ack.missingType} is missing`
}

const generalHints: ReadonlyMap<number, string> = new Map([
  [EPERM, 'needs CAP_NET_ADMIN over this network namespace: run as root, or in a namespace of your own'],
  [EACCES, 'needs CAP_NET_ADMIN over this network namespace: run as root, or in a namespace of your own'],
  [EINTR, 'the kernel was interrupted or its tables changed meanwhile; ask again'],
  [ENOBUFS, 'the socket buffer is too small for this; open it with a larger one'],
])

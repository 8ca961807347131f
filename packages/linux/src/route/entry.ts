import { formatPrefix, networkOf, parseIp, parsePrefix } from '../address/ip.ts'
import { attributes, type Codec, type Names, type Unknown, u8, u32 } from '../bytes/index.ts'
import type { Connection } from '../netlink/connection.ts'
import { NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE } from '../netlink/header.ts'
import { type FixedHeader, fixedHeader, message } from '../netlink/message.ts'
import { AF_INET, AF_INET6 } from '../system/libc.ts'
import { ip } from './fields.ts'
import { defined, indexOf, listLinks } from './links.ts'

/** RTM_*ROUTE, linux/rtnetlink.h. */

export const RTM_NEWROUTE = 24
export const RTM_DELROUTE = 25
export const RTM_GETROUTE = 26

/** rtm_table: where routes go and come from when nobody says otherwise. */
export const RT_TABLE_MAIN = 254

const RTPROT_STATIC = 4

const RT_SCOPE_UNIVERSE = 0
const RT_SCOPE_LINK = 253
const RT_SCOPE_NOWHERE = 255

const RTNH_F_ONLINK = 4

export type RouteType =
  | 'unicast'
  | 'local'
  | 'broadcast'
  | 'anycast'
  | 'multicast'
  | 'blackhole'
  | 'unreachable'
  | 'prohibit'
  | 'throw'

/** rtm_type. */
export const routeTypes: Names<RouteType> = {
  unicast: 1, // RTN_UNICAST
  local: 2, // RTN_LOCAL
  broadcast: 3, // RTN_BROADCAST
  anycast: 4, // RTN_ANYCAST
  multicast: 5, // RTN_MULTICAST
  blackhole: 6, // RTN_BLACKHOLE
  unreachable: 7, // RTN_UNREACHABLE
  prohibit: 8, // RTN_PROHIBIT
  throw: 9, // RTN_THROW
}

/** struct rtmsg. */
export interface RouteHeader {
  readonly family: number
  readonly destinationLength: number
  readonly sourceLength: number
  readonly tos: number
  readonly table: number
  readonly protocol: number
  readonly scope: number
  readonly type: number
  readonly flags: number
}

export const routeHeader: FixedHeader<RouteHeader> = fixedHeader<RouteHeader>('rtmsg', 12, {
  family: [0, u8],
  destinationLength: [1, u8],
  sourceLength: [2, u8],
  tos: [3, u8],
  table: [4, u8],
  protocol: [5, u8],
  scope: [6, u8],
  type: [7, u8],
  flags: [8, u32],
})

export interface RouteAttributes extends Unknown {
  destination?: string
  outInterface?: number
  gateway?: string
  priority?: number
  preferredSource?: string
  metrics?: RouteMetrics
  table32?: number
}

/** RTAX_*. */
export interface RouteMetrics extends Unknown {
  mtu?: number
}

export type RouteMessage = RouteHeader & RouteAttributes

export const route: Codec<RouteMessage> = message(
  'route',
  routeHeader,
  attributes<RouteAttributes>('route', {
    destination: [1, ip, 'RTA_DST'],
    outInterface: [4, u32, 'RTA_OIF'],
    gateway: [5, ip, 'RTA_GATEWAY'],
    priority: [6, u32, 'RTA_PRIORITY'],
    preferredSource: [7, ip, 'RTA_PREFSRC'],
    metrics: [8, attributes<RouteMetrics>('metrics', { mtu: [2, u32, 'RTAX_MTU'] }), 'RTA_METRICS'],
    table32: [15, u32, 'RTA_TABLE'],
  }),
)

/** A route as a person gives it. */
export interface NewRoute {
  /** '10.0.0.0/8', '2001:db8::/32', or 'default' in the family of `via` (of IPv4 without). */
  readonly to: string
  /** The next router, in the same family. */
  readonly via?: string | undefined
  /** Name or index of the link to leave through; with `via` it is found by itself. */
  readonly dev?: string | number | undefined
  /** The lowest wins. */
  readonly metric?: number | undefined
  /** The address that local programs get when they have chosen none. */
  readonly source?: string | undefined
  /** Bytes of a packet that goes this way, less than the link takes. */
  readonly mtu?: number | undefined
  /** Default: main (254). */
  readonly table?: number | undefined
  /** Default: unicast. */
  readonly type?: RouteType | undefined
  /** `via` is on `dev` although no address there says so. */
  readonly onLink?: boolean | undefined
}

/** A route as the kernel has it. */
export interface RouteEntry {
  readonly family: 4 | 6
  /** '10.0.0.0/8' or 'default' */
  readonly to: string
  readonly via: string | undefined
  /** Name of the link. */
  readonly dev: string | undefined
  readonly metric: number | undefined
  readonly source: string | undefined
  readonly table: number
  /** 'unicast', 'local', …; a number that has no name here as it is. */
  readonly type: RouteType | number
  /** Who made it: 2 the kernel, 3 boot scripts, 4 an administrator (RTPROT_*). */
  readonly protocol: number
}

/** Adds a route; `replace` puts it in the place of one to the same destination with the same metric, if there is. */
export function addRoute(
  connection: Connection,
  options: NewRoute,
  { replace = false }: { replace?: boolean } = {},
): void {
  connection.post({
    operation: `newroute ${describe(options)}`,
    type: RTM_NEWROUTE,
    flags: NLM_F_CREATE | (replace ? NLM_F_REPLACE : NLM_F_EXCL),
    body: route.encode(routeMessage(connection, options, RTPROT_STATIC)),
    pathAt: route.pathAt,
    hints: {
      EEXIST: 'there is a route to that destination with that metric',
      ENETUNREACH: `the gateway ${options.via} is not on any link that is up: give a link an address in its network first`,
      ENETDOWN: 'the link is down',
    },
  })
}

/** Deletes the route that matches all that is given. */
export function deleteRoute(connection: Connection, options: NewRoute): void {
  const wanted = routeMessage(connection, options, 0)
  connection.post({
    operation: `delroute ${describe(options)}`,
    type: RTM_DELROUTE,
    body: route.encode({ ...wanted, scope: RT_SCOPE_NOWHERE, type: options.type === undefined ? 0 : wanted.type }),
    pathAt: route.pathAt,
    hints: { ESRCH: 'there is no such route' },
  })
}

/** Routes of one table (default: main) in both families. */
export function listRoutes(connection: Connection, table: number = RT_TABLE_MAIN): RouteEntry[] {
  const body = route.encode({ ...emptyRoute, family: 0 })
  const answers = connection.dump({ operation: 'getroute', type: RTM_GETROUTE, body })
  const names = new Map(listLinks(connection).map((link) => [link.index, link.name]))
  return answers
    .map((answer) => route.decode(answer.body))
    .filter((found) => (found.family === AF_INET || found.family === AF_INET6) && tableOf(found) === table)
    .map((found) => entryOf(found, names))
}

const emptyRoute: RouteMessage = {
  family: AF_INET,
  destinationLength: 0,
  sourceLength: 0,
  tos: 0,
  table: 0,
  protocol: 0,
  scope: RT_SCOPE_UNIVERSE,
  type: 0,
  flags: 0,
}

function routeMessage(connection: Connection, options: NewRoute, protocol: number): RouteMessage {
  const { via, dev, metric, source, mtu, table = RT_TABLE_MAIN, type = 'unicast', onLink = false } = options
  const to = destinationOf(options)
  if (via !== undefined && parseIp(via).family !== to.family) {
    throw new RangeError(`a route to ${options.to} needs a gateway of the same family, not ${via}`)
  }
  return {
    ...emptyRoute,
    family: to.family === 4 ? AF_INET : AF_INET6,
    destinationLength: to.length,
    table: table < 256 ? table : 0,
    protocol,
    // Of IPv4, where the kernel wants to hear that no gateway is meant.
    scope: type === 'unicast' && via === undefined && to.family === 4 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE,
    type: routeTypes[type],
    flags: onLink ? RTNH_F_ONLINK : 0,
    ...defined({
      destination: to.length === 0 ? undefined : formatPrefix(to).split('/')[0],
      gateway: via,
      outInterface: dev === undefined ? undefined : indexOf(connection, dev),
      priority: metric,
      preferredSource: source,
      metrics: mtu === undefined ? undefined : { mtu },
      table32: table < 256 ? undefined : table,
    }),
  }
}

function destinationOf({ to, via }: NewRoute): ReturnType<typeof parsePrefix> {
  if (to !== 'default') return networkOf(parsePrefix(to))
  return parsePrefix(via === undefined || parseIp(via).family === 4 ? '0.0.0.0/0' : '::/0')
}

function describe({ to, via, dev }: NewRoute): string {
  return [to, via === undefined ? '' : `via ${via}`, dev === undefined ? '' : `dev ${dev}`].filter(Boolean).join(' ')
}

function tableOf(found: RouteMessage): number {
  return found.table32 ?? found.table
}

const typeNames: ReadonlyMap<number, RouteType> = new Map(
  (Object.keys(routeTypes) as RouteType[]).map((name) => [routeTypes[name], name]),
)

function entryOf(found: RouteMessage, names: ReadonlyMap<number, string>): RouteEntry {
  const { outInterface, destinationLength } = found
  return {
    family: found.family === AF_INET ? 4 : 6,
    to: destinationLength === 0 ? 'default' : `${found.destination}/${destinationLength}`,
    via: found.gateway,
    dev: outInterface === undefined ? undefined : (names.get(outInterface) ?? `#${outInterface}`),
    metric: found.priority,
    source: found.preferredSource,
    table: tableOf(found),
    type: typeNames.get(found.type) ?? found.type,
    protocol: found.protocol,
  }
}

import { parseIp } from '../address/ip.ts'
import { attributes, type Codec, i32, type Unknown, u8, u16 } from '../bytes/index.ts'
import type { Connection } from '../netlink/connection.ts'
import { NLM_F_CREATE, NLM_F_REPLACE } from '../netlink/header.ts'
import { type FixedHeader, fixedHeader, message } from '../netlink/message.ts'
import { AF_INET, AF_INET6 } from '../system/libc.ts'
import { hardwareAddress, ip } from './fields.ts'
import { indexOf, listLinks } from './links.ts'

/** RTM_*NEIGH, linux/neighbour.h: which hardware address an IP address of a link has (ARP, RFC 4861). */

export const RTM_NEWNEIGH = 28
export const RTM_DELNEIGH = 29
export const RTM_GETNEIGH = 30

// ndm_state
export const NUD_REACHABLE = 0x02
export const NUD_FAILED = 0x20
export const NUD_NOARP = 0x40
export const NUD_PERMANENT = 0x80

/** struct ndmsg. */
export interface NeighbourHeader {
  readonly family: number
  readonly index: number
  readonly state: number
  readonly flags: number
  readonly type: number
}

export const neighbourHeader: FixedHeader<NeighbourHeader> = fixedHeader<NeighbourHeader>('ndmsg', 12, {
  family: [0, u8],
  index: [4, i32],
  state: [8, u16],
  flags: [10, u8],
  type: [11, u8],
})

export interface NeighbourAttributes extends Unknown {
  destination?: string
  hardwareAddress?: string
}

export type NeighbourMessage = NeighbourHeader & NeighbourAttributes

export const neighbour: Codec<NeighbourMessage> = message(
  'neighbour',
  neighbourHeader,
  attributes<NeighbourAttributes>('neighbour', {
    destination: [1, ip, 'NDA_DST'],
    hardwareAddress: [2, hardwareAddress, 'NDA_LLADDR'],
  }),
)

export interface Neighbour {
  readonly address: string
  /** Name of the link. */
  readonly dev: string
  /** undefined: nobody answered (yet). */
  readonly hardwareAddress: string | undefined
  /** NUD_* */
  readonly state: number
}

/** Fixes a neighbour for good (NUD_PERMANENT), in the place of what was known of it. */
export function addNeighbour(
  connection: Connection,
  options: { readonly dev: string | number; readonly address: string; readonly hardwareAddress: string },
): void {
  connection.post({
    operation: `newneigh ${options.address} on ${options.dev}`,
    type: RTM_NEWNEIGH,
    flags: NLM_F_CREATE | NLM_F_REPLACE,
    body: neighbour.encode({
      family: parseIp(options.address).family === 4 ? AF_INET : AF_INET6,
      index: indexOf(connection, options.dev),
      state: NUD_PERMANENT,
      flags: 0,
      type: 0,
      destination: options.address,
      hardwareAddress: options.hardwareAddress,
    }),
    pathAt: neighbour.pathAt,
  })
}

export function listNeighbours(connection: Connection): Neighbour[] {
  const body = neighbour.encode({ family: 0, index: 0, state: 0, flags: 0, type: 0 })
  const answers = connection.dump({ operation: 'getneigh', type: RTM_GETNEIGH, body })
  const names = new Map(listLinks(connection).map((link) => [link.index, link.name]))
  return answers
    .map((answer) => neighbour.decode(answer.body))
    .flatMap(({ destination, index, hardwareAddress, state }) =>
      destination === undefined || (state & NUD_NOARP) !== 0
        ? []
        : [{ address: destination, dev: names.get(index) ?? `#${index}`, hardwareAddress, state }],
    )
}

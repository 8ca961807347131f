import { formatIp, parsePrefix } from '../address/ip.ts'
import { attributes, type Codec, Malformed, text, type Unknown, u8, u32 } from '../bytes/index.ts'
import type { Connection } from '../netlink/connection.ts'
import { NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE } from '../netlink/header.ts'
import { type FixedHeader, fixedHeader, message } from '../netlink/message.ts'
import { AF_INET, AF_INET6 } from '../system/libc.ts'
import { ip } from './fields.ts'
import { indexOf, listLinks } from './links.ts'

/** RTM_*ADDR, linux/rtnetlink.h and linux/if_addr.h. */

export const RTM_NEWADDR = 20
export const RTM_DELADDR = 21
export const RTM_GETADDR = 22

// ifa_flags
export const IFA_F_NODAD = 0x02
export const IFA_F_DEPRECATED = 0x20
export const IFA_F_TENTATIVE = 0x40
export const IFA_F_PERMANENT = 0x80

// enum rt_scope_t
const RT_SCOPE_HOST = 254

/** struct ifaddrmsg. */
export interface AddressHeader {
  readonly family: number
  readonly prefixLength: number
  readonly flags: number
  readonly scope: number
  readonly index: number
}

export const addressHeader: FixedHeader<AddressHeader> = fixedHeader<AddressHeader>('ifaddrmsg', 8, {
  family: [0, u8],
  prefixLength: [1, u8],
  flags: [2, u8],
  scope: [3, u8],
  index: [4, u32],
})

/** struct ifa_cacheinfo: seconds, and hundredths of a second since the machine started. */
export interface AddressLifetimes {
  readonly preferred: number
  readonly valid: number
  readonly created: number
  readonly updated: number
}

const cacheInfo: FixedHeader<AddressLifetimes> = fixedHeader<AddressLifetimes>('ifa_cacheinfo', 16, {
  preferred: [0, u32],
  valid: [4, u32],
  created: [8, u32],
  updated: [12, u32],
})

/** INFINITY_LIFE_TIME, net/addrconf.h; RFC 4861 section 4.6.2 has the same number for it. */
const FOR_EVER = 0xffff_ffff

export interface AddressAttributes extends Unknown {
  /** The other end's address on a point-to-point link, else the same as `local`. */
  address?: string
  local?: string
  label?: string
  broadcast?: string
  lifetimes?: AddressLifetimes
  flags32?: number
}

export type AddressMessage = AddressHeader & AddressAttributes

export const address: Codec<AddressMessage> = message(
  'address',
  addressHeader,
  attributes<AddressAttributes>('address', {
    address: [1, ip, 'IFA_ADDRESS'],
    local: [2, ip, 'IFA_LOCAL'],
    label: [3, text, 'IFA_LABEL'],
    broadcast: [4, ip, 'IFA_BROADCAST'],
    lifetimes: [6, cacheInfo, 'IFA_CACHEINFO'],
    flags32: [8, u32, 'IFA_FLAGS'],
  }),
)

/** An address of a link as the kernel has it. */
export interface LinkAddress {
  /** Name and index of the link. */
  readonly link: string
  readonly index: number
  /** '192.168.1.1/24' */
  readonly address: string
  readonly family: 4 | 6
  /** False while duplicate address detection (RFC 4862 §5.4) runs: it can't be bound to yet. */
  readonly usable: boolean
  /** Its preferred lifetime is over (RFC 4862 section 5.5.4): still its own, but not taken for anything new. */
  readonly deprecated: boolean
  /** For ever; false for one that goes by itself, as those of router advertisements do. */
  readonly permanent: boolean
}

/** How long an address is one (RFC 4862 section 5.5.4), in seconds; default: for ever. */
export interface Lifetimes {
  /** Used for what is new. 0: it is deprecated. */
  readonly preferred?: number
  /** Used at all; not less than `preferred`, nor 0. */
  readonly valid?: number
}

/**
 * Gives a link an address, '192.168.1.1/24'. IPv6 addresses skip duplicate address detection and can be bound to at
 * once. (Neighbours find one a moment later, when the kernel has joined its multicast group on a thread of its own; a
 * solicitation that came too early is repeated after a second, and the packets that asked for it are kept.)
 */
export function addAddress(
  connection: Connection,
  link: string | number,
  prefix: string,
  { lifetimes, replace = false }: { readonly lifetimes?: Lifetimes; readonly replace?: boolean } = {},
): void {
  const body = { ...addressMessage(connection, link, prefix, IFA_F_NODAD), ...(lifetimes && attributeOf(lifetimes)) }
  connection.post({
    operation: `newaddr ${prefix} on ${link}`,
    type: RTM_NEWADDR,
    flags: NLM_F_CREATE | (replace ? NLM_F_REPLACE : NLM_F_EXCL),
    body: address.encode(body),
    pathAt: address.pathAt,
    hints: { EEXIST: 'the link has that address already', ENODEV: `there is no link ${link} here` },
  })
}

function attributeOf({ preferred = FOR_EVER, valid = FOR_EVER }: Lifetimes): Pick<AddressAttributes, 'lifetimes'> {
  return { lifetimes: { preferred, valid, created: 0, updated: 0 } }
}

export function deleteAddress(connection: Connection, link: string | number, prefix: string): void {
  connection.post({
    operation: `deladdr ${prefix} on ${link}`,
    type: RTM_DELADDR,
    body: address.encode(addressMessage(connection, link, prefix, 0)),
    pathAt: address.pathAt,
    hints: { EADDRNOTAVAIL: 'the link does not have that address' },
  })
}

export function listAddresses(connection: Connection): LinkAddress[] {
  const body = address.encode({ family: 0, prefixLength: 0, flags: 0, scope: 0, index: 0 })
  const answers = connection.dump({ operation: 'getaddr', type: RTM_GETADDR, body })
  const names = new Map(listLinks(connection).map((link) => [link.index, link.name]))
  return answers.map((answer) => addressOf(address.decode(answer.body), names))
}

function addressMessage(connection: Connection, link: string | number, prefix: string, flags: number): AddressMessage {
  const { family, bytes, length } = parsePrefix(prefix)
  const local = formatIp(bytes)
  const loopback = family === 4 ? bytes[0] === 127 : local === '::1'
  return {
    family: family === 4 ? AF_INET : AF_INET6,
    prefixLength: length,
    flags: family === 6 ? flags : 0,
    scope: loopback ? RT_SCOPE_HOST : 0,
    index: indexOf(connection, link),
    address: local,
    local,
  }
}

function addressOf(found: AddressMessage, names: ReadonlyMap<number, string>): LinkAddress {
  const flags = found.flags32 ?? found.flags
  const own = found.local ?? found.address
  if (own === undefined) throw new Malformed('an address message without IFA_LOCAL and IFA_ADDRESS')
  return {
    link: names.get(found.index) ?? `#${found.index}`,
    index: found.index,
    address: `${own}/${found.prefixLength}`,
    family: found.family === AF_INET ? 4 : 6,
    usable: (flags & IFA_F_TENTATIVE) === 0,
    deprecated: (flags & IFA_F_DEPRECATED) !== 0,
    permanent: (flags & IFA_F_PERMANENT) !== 0,
  }
}

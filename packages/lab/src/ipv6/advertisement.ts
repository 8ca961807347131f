import { parseIp, parsePrefix, Writer } from '@sallyport/linux'

/** A prefix as a router advertises it (RFC 4861 section 4.6.2). */
export interface AdvertisedPrefix {
  /** '2001:db8:1::/64' */
  readonly prefix: string
  /** Seconds that addresses made from it may be used; default 86,400. 0: no longer. */
  readonly valid?: number
  /** Seconds that they are used for new connections; default 14,400. 0: for none. */
  readonly preferred?: number
}

/** A router advertisement (RFC 4861 section 4.2). */
export interface Advertisement {
  readonly prefixes: readonly AdvertisedPrefix[]
  /** Seconds that this is a default router; default 1800. 0: it is none. */
  readonly lifetime?: number
  readonly mtu?: number
  /** DNS servers (RFC 8106). */
  readonly dns?: readonly string[]
  /** The prefix of a NAT64, '64:ff9b::/96' (RFC 8781). */
  readonly nat64?: string
  /** Ethernet address of the router: '02:00:00:00:00:01'. */
  readonly hardwareAddress: string
}

/** AdvDefaultLifetime for a router that advertises every ten minutes (RFC 4861 section 6.2.1), in seconds. */
export const DEFAULT_LIFETIME = 1800

/** Options of neighbour discovery, in units of eight bytes. */
const SOURCE_LINK_LAYER = 1
const PREFIX_INFORMATION = 3
const MTU = 5
const RDNSS = 25 // RFC 8106
const PREF64 = 38 // RFC 8781

const ON_LINK = 0x80
const AUTONOMOUS = 0x40

/** The four bytes behind type, code and checksum: hop limit 64, no DHCPv6, the lifetime. */
export function advertisementHead({ lifetime = DEFAULT_LIFETIME }: Advertisement): number {
  return (64 << 24) | lifetime
}

/** What follows them: timers that the router does not specify, and the options. */
export function advertisementBody(advertisement: Advertisement): Uint8Array {
  const out = new Writer(128)
  out.u32be(0) // reachable time
  out.u32be(0) // retransmission timer
  out.u8(SOURCE_LINK_LAYER)
  out.u8(1)
  out.bytes(Uint8Array.from(advertisement.hardwareAddress.split(':'), (byte) => Number.parseInt(byte, 16)))
  for (const prefix of advertisement.prefixes) prefixInformation(out, prefix)
  if (advertisement.mtu !== undefined) mtuOption(out, advertisement.mtu)
  if (advertisement.dns !== undefined && advertisement.dns.length > 0) dnsOption(out, advertisement.dns)
  if (advertisement.nat64 !== undefined) nat64Option(out, advertisement.nat64)
  return out.finish()
}

function prefixInformation(out: Writer, { prefix, valid = 86_400, preferred = 14_400 }: AdvertisedPrefix): void {
  const { bytes, length } = parsePrefix(prefix)
  out.u8(PREFIX_INFORMATION)
  out.u8(4)
  out.u8(length)
  out.u8(ON_LINK | AUTONOMOUS)
  out.u32be(valid)
  out.u32be(preferred)
  out.u32be(0)
  out.bytes(bytes)
}

function mtuOption(out: Writer, mtu: number): void {
  out.u8(MTU)
  out.u8(1)
  out.u16be(0)
  out.u32be(mtu)
}

function dnsOption(out: Writer, servers: readonly string[]): void {
  out.u8(RDNSS)
  out.u8(1 + 2 * servers.length)
  out.u16be(0)
  out.u32be(1800)
  for (const server of servers) out.bytes(parseIp(server).bytes)
}

/** RFC 8781 section 4: thirteen bits of lifetime in units of eight seconds, three of prefix length code, 96 bits. */
function nat64Option(out: Writer, prefix: string): void {
  const { bytes, length } = parsePrefix(prefix)
  const code = [96, 64, 56, 48, 40, 32].indexOf(length)
  if (code === -1) throw new RangeError(`a NAT64 prefix has 32, 40, 48, 56, 64 or 96 bits, not ${length} (RFC 6052)`)
  out.u8(PREF64)
  out.u8(2)
  out.u16be(((1800 >> 3) << 3) | code)
  out.bytes(bytes.subarray(0, 12))
}

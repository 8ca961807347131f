import type { KernelRule } from '@sallyport/nftables'
import { MAX, type Sysctl, TIMEOUTS } from '../compile/index.ts'
import type { DesiredTable, PresentTable } from '../plan/index.ts'

/** What one apply has to tell the next one, and `down`. */
export interface Notes {
  /** The settings that we changed, as they were before. */
  readonly saved: readonly Sysctl[]
  /** Something is still to be done behind the commit: set by an apply that has to, taken back when it has. */
  readonly unfinished: boolean
}

/**
 * They stand in NFTA_RULE_USERDATA of our first rule: so they change with the ruleset, all or nothing, live and die
 * with it, belong to its network namespace, and need no file. (The userdata of a table can never be changed.) The
 * kernel does not look at them, and `nft` passes over types that it does not know. One byte of type, one of length.
 */
const TYPE = 0x53
const MAX_LENGTH = 253 // NFT_USERDATA_MAXLEN is 256, and a comment may stand beside them
const UNFINISHED = '!'

/** Names are cut short: there is little room. */
const shortNames: Readonly<Record<string, string>> = {
  'net.ipv4.ip_forward': '4',
  'net.ipv6.conf.all.forwarding': '6',
  'net.ipv4.ipfrag_high_thresh': 'h',
  'net.ipv4.ipfrag_time': 'w',
  'net.netfilter.nf_conntrack_frag6_high_thresh': 'H',
  'net.netfilter.nf_conntrack_frag6_timeout': 'W',
  [MAX]: 'M',
  [TIMEOUTS.udp]: 'u',
  [TIMEOUTS.udp_stream]: 's',
  [TIMEOUTS.icmp]: 'i',
  [TIMEOUTS.icmpv6]: 'I',
  [TIMEOUTS.generic]: 'g',
  [TIMEOUTS.gre]: 'e',
  [TIMEOUTS.gre_stream]: 'E',
  [TIMEOUTS.tcp_syn_sent]: 'a',
  [TIMEOUTS.tcp_syn_recv]: 'b',
  [TIMEOUTS.tcp_established]: 'c',
  [TIMEOUTS.tcp_fin_wait]: 'f',
  [TIMEOUTS.tcp_close_wait]: 'k',
  [TIMEOUTS.tcp_last_ack]: 'l',
  [TIMEOUTS.tcp_time_wait]: 't',
  [TIMEOUTS.tcp_close]: 'x',
  [TIMEOUTS.tcp_max_retrans]: 'm',
  [TIMEOUTS.tcp_unacknowledged]: 'n',
}
const acceptRa = /^net\.ipv6\.conf\.(.+)\.accept_ra$/

/** Where they are read from and written to. */
export function carrierOf<T extends KernelRule>(rules: readonly T[]): T | undefined {
  return rules.find(({ userdata }) => contentOf(userdata) !== undefined)
}

export function notesOf(present: PresentTable | undefined): Notes {
  return readNotes(present?.chains.flatMap(({ rules }) => rules) ?? [])
}

/** What is noted on one of these rules. */
export function readNotes(rules: readonly KernelRule[]): Notes {
  const lines = contentOf(carrierOf(rules)?.userdata)?.split('\n') ?? []
  const saved = lines.filter((line) => line.includes('=')).map(readSetting)
  return { saved, unfinished: lines.includes(UNFINISHED) }
}

/** The table with the notes on its first rule; as it is when there is nothing to note. */
export function withNotes(wanted: DesiredTable, notes: Notes): DesiredTable {
  const first = wanted.chains.find(({ rules }) => rules.length > 0)
  if (first === undefined) throw new TypeError('a table without a rule has no place for notes')
  const chains = wanted.chains.map((one) => {
    if (one !== first) return one
    return { ...one, rules: one.rules.map((rule, index) => (index === 0 ? noted(rule, notes) : rule)) }
  })
  return { ...wanted, chains }
}

/** One rule with these notes in the place of others. */
export function noted({ userdata, ...rule }: KernelRule, notes: Notes): KernelRule {
  const others = tlvs(userdata).filter(({ type }) => type !== TYPE)
  const bytes = [...others.flatMap(({ type, value }) => [type, value.length, ...value]), ...encode(notes)]
  return bytes.length === 0 ? rule : { ...rule, userdata: Uint8Array.from(bytes) }
}

function encode({ saved, unfinished }: Notes): number[] {
  const lines = saved.map(({ name, value }) => `${shorten(name)}=${value}`).sort()
  const text = [...(unfinished ? [UNFINISHED] : []), ...lines].join('\n')
  if (text.length > MAX_LENGTH) {
    throw new RangeError(
      `${saved.length} settings would be changed, and the kernel keeps ${MAX_LENGTH} bytes of what they were: ` +
        'set net.ipv6.conf.*.accept_ra of the WAN interfaces to 2 yourself, then they need not be kept',
    )
  }
  return text === '' ? [] : [TYPE, text.length, ...Buffer.from(text, 'latin1')]
}

/** The name of an interface may have a '=' in it; values are numbers. */
function readSetting(line: string): Sysctl {
  const at = line.lastIndexOf('=')
  return { name: lengthen(line.slice(0, at)), value: line.slice(at + 1) }
}

function shorten(name: string): string {
  const short = shortNames[name] ?? acceptRa.exec(name)?.[1]?.replace(/^/, 'r')
  if (short === undefined) throw new TypeError(`no short form for the setting ${name}`)
  return short
}

function lengthen(short: string): string {
  const known = Object.entries(shortNames).find(([, name]) => name === short)
  return known?.[0] ?? `net.ipv6.conf.${short.slice(1)}.accept_ra`
}

function contentOf(userdata: Uint8Array | undefined): string | undefined {
  const found = tlvs(userdata).find(({ type }) => type === TYPE)
  return found && Buffer.from(found.value).toString('latin1')
}

interface Tlv {
  readonly type: number
  readonly value: Uint8Array
}

function tlvs(bytes: Uint8Array = new Uint8Array()): Tlv[] {
  const found: Tlv[] = []
  for (let at = 0; at + 2 <= bytes.length; at += 2 + bytes[at + 1]!) {
    found.push({ type: bytes[at]!, value: bytes.subarray(at + 2, at + 2 + bytes[at + 1]!) })
  }
  return found
}

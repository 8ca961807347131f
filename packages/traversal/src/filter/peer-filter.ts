import { formatIp, type IpPrefix } from '@sallyport/linux'
import { addressesWithin, canonical } from './canonical.ts'
import { parseNat64 } from './nat64.ts'
import { OwnAddress, type RelayPortRange } from './own-address.ts'
import { PrefixTable } from './prefix-table.ts'
import { reachable, special } from './special.ts'

export interface PeerFilterOptions {
  /** Prefixes or addresses that are allowed whatever the defaults say; the longest of `allow` and `deny` wins. */
  readonly allow?: readonly string[]
  /** Prefixes or addresses that are denied besides the defaults; of an equal prefix in `allow`, this one counts. */
  readonly deny?: readonly string[]
  /** The server's own addresses: denied like the defaults. Those of `relays` and `listening` need not be repeated. */
  readonly own?: readonly string[]
  /** Ports on own addresses that are allowed, since clients of one server meet there. */
  readonly relays?: readonly RelayPortRange[]
  /** Where the server listens: denied whatever is allowed. */
  readonly listening?: readonly { readonly address: string; readonly port: number }[]
  /** Prefixes of NAT64 translators on the way (RFC 6052), besides the well-known ones: what they wrap counts too. */
  readonly nat64?: readonly string[]
  /** Deny special-purpose addresses; default true. */
  readonly defaults?: boolean
}

/** What the filter says of a peer. */
export interface PeerVerdict {
  readonly allowed: boolean
  /** The prefix that decided, and why it is there. */
  readonly because: string
}

/** What is known of an address; with `own`, the port decides. */
interface Decision {
  readonly verdict: PeerVerdict
  readonly own?: OwnAddress | undefined
  /** Own addresses among all that it may mean. */
  readonly meant?: readonly OwnAddress[]
  readonly byOperator: boolean
}

/** Decisions that are remembered: peers of live allocations are few, and strangers must not fill the memory. */
const REMEMBERED = 4096

const toRelay: PeerVerdict = { allowed: true, because: 'a relay of this server' }
const ourOwn: PeerVerdict = { allowed: false, because: 'an address of this server' }
const ourself: PeerVerdict = { allowed: false, because: 'this server listens there' }
/** The kernel takes it for the address that the relay is bound to: a way round to wherever we listen. */
const nowhere: PeerVerdict = { allowed: false, because: 'the unspecified address: nobody is there' }

/**
 * The one filter that decides about peers, on every path: permissions, channels, send, TCP connections, what comes in,
 * and redirections. An address counts under all its names: one that wraps another is allowed when both are.
 *
 * What decides, first of all where the server itself listens, and that the unspecified address is nobody's; then the
 * longest of the operator's prefixes; then whether the address is the server's own; then the registries of special
 * addresses. What is left is public and allowed.
 */
export class PeerFilter {
  readonly #operator = new PrefixTable<PeerVerdict>()
  readonly #defaults = new PrefixTable<PeerVerdict>()
  readonly #own = new Map<string, OwnAddress>()
  readonly #nat64: readonly IpPrefix[]
  readonly #decided = new Map<string, Decision>()

  /** Throws RangeError that shows a prefix that cannot be read. */
  constructor(options: PeerFilterOptions = {}) {
    const { allow = [], deny = [], own = [], relays = [], listening = [], nat64 = [], defaults = true } = options
    for (const text of allow) this.#operator.set(text, { allowed: true, because: `${text}: allowed` })
    for (const text of deny) this.#operator.set(text, { allowed: false, because: `${text}: denied` })
    for (const [text, what] of defaults ? special : []) {
      this.#defaults.set(text, { allowed: false, because: `${text}: ${what}` })
    }
    for (const [text, what] of reachable) this.#defaults.set(text, { allowed: true, because: `${text}: ${what}` })
    for (const address of own) this.#ownAddress(address)
    for (const { address, min, max } of relays) this.#ownAddress(address).relays({ min, max })
    for (const { address, port } of listening) this.#ownAddress(address).listens(port)
    this.#nat64 = nat64.map(parseNat64)
  }

  /**
   * Without a port: whether the address is allowed with any, as permissions need to know, which have none.
   * Throws RangeError for text that is no IP address.
   */
  check(address: string, port?: number): PeerVerdict {
    const { verdict, own, meant = [], byOperator } = this.#decision(address)
    if (port === undefined) return verdict
    if (meant.some((each) => each.isListening(port))) return ourself
    if (own === undefined || byOperator) return verdict
    return own.isRelay(port) ? toRelay : ourOwn
  }

  allows(address: string, port?: number): boolean {
    return this.check(address, port).allowed
  }

  #ownAddress(text: string): OwnAddress {
    const key = canonical(text)
    const own = this.#own.get(key) ?? new OwnAddress()
    this.#own.set(key, own)
    return own
  }

  #decision(address: string): Decision {
    const known = this.#decided.get(address)
    if (known !== undefined) return known
    const decision = this.#decide(address)
    if (this.#decided.size >= REMEMBERED) this.#decided.clear()
    this.#decided.set(address, decision)
    return decision
  }

  #decide(address: string): Decision {
    const all = addressesWithin(address, this.#nat64)
    if (all.some((bytes) => bytes.every((byte) => byte === 0))) return { verdict: nowhere, byOperator: true }
    const [outer, ...inner] = all
    const own = this.#own.get(formatIp(outer!))
    const operator = this.#operator.find(outer!)
    // What an operator allowed by the inner name is meant by the outer one too, if that is nothing special itself.
    const denied = inner.map((bytes) => this.#wrapped(bytes)).find(({ allowed }) => !allowed)
    if (denied !== undefined) return { verdict: denied, byOperator: true }
    const verdict = operator ?? this.#byNature(outer!, own)
    const meant = all.map((bytes) => this.#own.get(formatIp(bytes))).filter((each) => each !== undefined)
    return { verdict, own, meant, byOperator: operator !== undefined }
  }

  #wrapped(bytes: Uint8Array): PeerVerdict {
    const own = this.#own.has(formatIp(bytes)) ? ourOwn : undefined
    return this.#operator.find(bytes) ?? own ?? this.#byNature(bytes, undefined)
  }

  #byNature(bytes: Uint8Array, own: OwnAddress | undefined): PeerVerdict {
    if (own !== undefined) return own.hasRelays ? toRelay : ourOwn
    return this.#defaults.find(bytes) ?? { allowed: true, because: `${formatIp(bytes)} is a public address` }
  }
}

import type { NetworkNamespace } from '@sallyport/linux'
import { Batch, batchOf, connect, type Ruleset, TransactionError } from '@sallyport/nftables'
import type { Ipv6Mode } from '../topology/internet.ts'
import { type Advertisement, DEFAULT_LIFETIME } from './advertisement.ts'
import { Advertiser } from './advertiser.ts'
import { heard, type Listener, type News } from './listener.ts'
import { NAT64_PREFIX, Nat64 } from './nat64.ts'
import { IPV6_TABLE, type Ipv6Site, ipv6Rules, refusalRules } from './rules.ts'

export interface RouterIpv6Options {
  readonly namespace: NetworkNamespace
  readonly mode: Ipv6Mode
  readonly nat64: boolean
}

/** Where a router stands in IPv6, and what it advertises of that. */
export interface RouterIpv6Site extends Ipv6Site {
  /** Prefixes of the LAN that were advertised once: those that are going, and those that are gone. */
  readonly stale?: { readonly going: readonly string[]; readonly gone: readonly string[] }
}

/** An advertisement may get lost, as any packet: it is sent again until all have heard it. In milliseconds. */
const AGAIN = 250
const MOST = 80

/** All that a router of the lab does with IPv6: its rules, its advertisements, its translator. */
export class RouterIpv6 implements AsyncDisposable {
  readonly #options: RouterIpv6Options
  readonly #nat64: Nat64 | undefined
  #site: RouterIpv6Site
  /** Families of the tables that it has made. */
  readonly #tables = new Set<Table['family']>()
  #advertiser: Promise<Advertiser> | undefined
  #isClosed = false

  /** Rules are in force, and the translator works, when it returns. */
  constructor(options: RouterIpv6Options, site: RouterIpv6Site) {
    this.#options = options
    this.#site = site
    this.#install()
    this.#nat64 = options.nat64 ? new Nat64(options.namespace) : undefined
  }

  /** It stands elsewhere: its rules are made anew. Those who ask are told so, and all others by {@link tell}. */
  move(site: RouterIpv6Site): void {
    this.#site = site
    this.#install()
    this.#nat64?.refuse(site.invalid ?? [])
    this.#advertiser?.then(
      (advertiser) => advertiser.change(this.#advertisement()),
      () => {}, // who has started it knows that it could not
    )
  }

  /**
   * Advertises, and resolves when all have heard it who listen then: some may leave meanwhile, or have their cables pulled
   * out. Throws when one has not after twenty seconds.
   */
  async tell(listeners: () => readonly Listener[]): Promise<void> {
    const knowing = new Set<string>()
    const deaf = (): readonly Listener[] => listeners().filter(({ name }) => !knowing.has(name))
    for (let n = 0; n < MOST && !this.#isClosed; n += 1) {
      await this.#advertise()
      if (this.#isClosed) return
      await Promise.all(
        deaf().map(async (each) => {
          if (await heard(each, this.#news, AGAIN)) knowing.add(each.name)
        }),
      )
      if (this.#isClosed || deaf().length === 0) return
    }
    if (this.#isClosed) return
    const names = deaf().map(({ name }) => `'${name}'`)
    throw new Error(`${names.join(', ')} did not hear of ${this.#news.current ?? 'no prefix'} in ${AGAIN * MOST} ms`)
  }

  /** Advertises no longer, until there is something to tell. */
  async silence(): Promise<void> {
    const before = this.#advertiser
    this.#advertiser = undefined
    const advertiser = await before?.catch(() => undefined)
    await advertiser?.[Symbol.asyncDispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    await this.#nat64?.[Symbol.asyncDispose]()
    await this.silence()
  }

  async #advertise(): Promise<void> {
    if (this.#advertiser !== undefined) (await this.#advertiser).advertise(this.#advertisement())
    else {
      const { namespace } = this.#options
      this.#advertiser = Advertiser.start({ namespace, link: this.#site.lan }, this.#advertisement())
      await this.#advertiser
    }
  }

  get #news(): News {
    const { inside, stale: { going, gone } = nothing } = this.#site
    return { current: inside, former: [...going, ...gone] }
  }

  /** Stale prefixes go on being advertised, for those who were not there (RFC 9096 section 3.5, RFC 7084 L-13). */
  #advertisement(): Omit<Advertisement, 'hardwareAddress'> {
    const { inside, stale: { going, gone } = nothing } = this.#site
    const prefixes = [
      ...gone.map((prefix) => ({ prefix, valid: 0, preferred: 0 })),
      ...going.map((prefix) => ({ prefix, preferred: 0 })),
      ...(inside === undefined ? [] : [{ prefix: inside }]),
    ]
    // RFC 7084 G-4: a router without any prefix is no way out.
    const lifetime = inside === undefined ? 0 : DEFAULT_LIFETIME
    return { prefixes, lifetime, ...(this.#options.nat64 && { nat64: NAT64_PREFIX }) }
  }

  #install(): void {
    const { mode } = this.#options
    this.#replace({ family: 'ip6', name: IPV6_TABLE }, ipv6Rules(mode, this.#site))
    this.#refuse()
  }

  /** Kernels before 5.16 cannot: there who sends from an address that is invalid hears nothing. */
  #refuse(): void {
    try {
      this.#replace({ family: 'netdev', name: IPV6_TABLE }, refusalRules(this.#site))
    } catch (error) {
      if (!(error instanceof TransactionError)) throw error
    }
  }

  #replace(table: Table, rules: Ruleset): void {
    const batch = batchOf(rules)
    const before = this.#tables.has(table.family) ? new Batch().destroy('table', table) : new Batch()
    const whole = before.concat(batch)
    if (whole.size === 0) return
    using nftables = connect({ namespace: this.#options.namespace })
    nftables.commitQuietly(whole)
    if (batch.size > 0) this.#tables.add(table.family)
    else this.#tables.delete(table.family)
  }
}

type Table = { readonly family: 'ip6' | 'netdev'; readonly name: string }

const nothing = { going: [], gone: [] } as const

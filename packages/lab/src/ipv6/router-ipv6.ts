import type { NetworkNamespace } from '@sallyport/linux'
import { batchOf, connect } from '@sallyport/nftables'
import type { Ipv6Mode } from '../topology/internet.ts'
import { Advertiser } from './advertiser.ts'
import { NAT64_PREFIX, Nat64 } from './nat64.ts'
import { type Ipv6Site, ipv6Rules } from './rules.ts'

export interface RouterIpv6Options {
  readonly namespace: NetworkNamespace
  readonly site: Ipv6Site
  readonly mode: Ipv6Mode
  readonly nat64: boolean
}

/** All that a router of the lab does with IPv6: its rules, its advertisements, its translator. */
export class RouterIpv6 implements AsyncDisposable {
  readonly #options: RouterIpv6Options
  readonly #nat64: Nat64 | undefined
  #advertiser: Promise<Advertiser> | undefined

  /** Rules are in force, and the translator works, when it returns. */
  constructor(options: RouterIpv6Options) {
    const { namespace, site, mode, nat64 } = options
    this.#options = options
    const rules = ipv6Rules(mode, site)
    if (rules.tables.length > 0) {
      using nftables = connect({ namespace })
      nftables.commit(batchOf(rules))
    }
    this.#nat64 = nat64 ? new Nat64(namespace) : undefined
  }

  /** Advertises the LAN's prefix: from the first host that listens on, and for every further one anew. */
  async advertise(): Promise<void> {
    const started = this.#advertiser !== undefined
    this.#advertiser ??= this.#start()
    const advertiser = await this.#advertiser
    if (started) advertiser.advertise()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#nat64?.[Symbol.asyncDispose]()
    await (await this.#advertiser)?.[Symbol.asyncDispose]()
  }

  #start(): Promise<Advertiser> {
    const { namespace, site, nat64 } = this.#options
    const prefixes = [{ prefix: site.inside }]
    return Advertiser.start({ namespace, link: site.lan }, { prefixes, ...(nat64 && { nat64: NAT64_PREFIX }) })
  }
}

import type { Behind, Home } from './build/home.ts'
import type { Machine } from './build/machine.ts'
import { type Listener, RouterIpv6, type RouterIpv6Site } from './ipv6/index.ts'
import { needsPrefix } from './topology/addressing.ts'
import { TopologyError } from './topology/check.ts'
import { contains, division } from './topology/delegations.ts'
import type { Ipv6Mode } from './topology/internet.ts'
import type { Lan } from './topology/lan.ts'
import { overlap } from './topology/subnet.ts'

/** What a router goes on saying about prefixes that it has had: so many. More do not fit into an advertisement. */
const REMEMBERED = 16

/** A router's links. */
export interface Links {
  readonly wan: string
  readonly lan: string
}

export interface DownstreamOptions {
  readonly name: string
  readonly machine: Machine
  readonly place: Home<Lan>
  readonly links: Links
  readonly mode: Ipv6Mode
  readonly nat64: boolean
  /** Called when a prefix was delegated by who is in front, not because somebody asked for that one. */
  readonly onDelegated: (prefix: string | undefined) => void
  /** Returns when all that was built before carries packets. */
  readonly settle: () => void
}

/** What is behind a router, as far as IPv6 goes: the prefix that was delegated to it, and all who have a part of that. */
export class Downstream implements Behind, AsyncDisposable {
  readonly #options: DownstreamOptions
  #ipv6: RouterIpv6 | undefined
  /** Withdrawn ones, the latest last. */
  #invalid: readonly string[] = []
  #telling: Promise<void> = Promise.resolve()
  #asked: Promise<void> | undefined

  constructor(options: DownstreamOptions) {
    this.#options = options
  }

  /** Does it have a prefix of its upstream, if that has any? */
  get needsPrefix(): boolean {
    return needsPrefix(this.#options.mode)
  }

  get delegated(): string | undefined {
    return this.#area.delegated
  }

  get prefixes(): readonly string[] {
    const { delegated, former } = this.#area
    return [...(delegated === undefined ? [] : [delegated]), ...former.map(({ prefix }) => prefix)]
  }

  leadsTo(home: Home): boolean {
    return this.#options.place === home || this.#routers().some(([, behind]) => behind.leadsTo(home))
  }

  checkFits(prefix: string): void {
    const who = `router '${this.#options.name}'`
    const routers = this.#routers().filter(([, { needsPrefix: needs }]) => needs)
    if (routers.length === 0) return
    const pieces = division(Number(prefix.split('/')[1]))
    if (pieces === undefined || pieces.count < routers.length)
      throw new TopologyError(`${who}: in ${prefix} there is no room for the ${routers.length} routers behind it`)
    for (const [, behind] of routers) behind.checkFits(`${prefix.split('/')[0]}/${pieces.length}`)
  }

  redelegate(prefix: string | undefined): void {
    const { place } = this.#options
    const successor = this.#area.redelegate(this.needsPrefix ? prefix : undefined)
    this.#readdress()
    for (const [name, member] of place.members) {
      const { machine, dev, admission: before, wishes, behind } = member
      const who = behind === undefined ? `node '${name}'` : `router '${name}'`
      member.admission = successor.admit(who, before, dev, wishes)
      machine.readmit(dev, before, member.admission)
      if (behind === undefined) continue
      behind.redelegate(behind.needsPrefix ? successor.delegate(who, behind.delegated) : undefined)
      place.lead(name, behind.prefixes)
    }
    this.#options.onDelegated(this.delegated)
    this.install()
  }

  withdraw(prefix: string): void {
    const { place } = this.#options
    const drop = this.#area.withdraw(prefix)
    for (const [name, member] of place.members) {
      const { machine, dev, admission: before, behind } = member
      for (const each of behind?.prefixes ?? []) if (contains(prefix, each)) behind!.withdraw(each)
      member.admission = drop(before)
      machine.readmit(dev, before, member.admission)
      if (behind !== undefined) place.lead(name, behind.prefixes)
    }
    this.#readdress()
    this.#invalid = [...this.#invalid.filter((each) => each !== prefix), prefix].slice(-REMEMBERED)
    this.install()
  }

  /** Its rules as the prefixes ask for them, when there is any IPv6. */
  install(): void {
    const { machine, mode, nat64, name } = this.#options
    if (this.#ipv6 !== undefined) this.#ipv6.move(this.#site())
    else if (this.#area.ipv6 !== undefined)
      this.#ipv6 = new RouterIpv6({ namespace: machine.namespace, mode, nat64 }, this.#site())
    else if (nat64) throw new TopologyError(`router '${name}': nat64 needs a LAN with IPv6: families: ['ipv4', 'ipv6']`)
  }

  /** Advertises on its LAN; resolves when all who listen there have heard it. Many calls at once are one. */
  tell(): Promise<void> {
    if (this.#listeners().length === 0) return Promise.resolve()
    this.#asked ??= quietly(this.#telling.catch(() => {}).then(() => this.#tellNow()))
    return this.#asked
  }

  #tellNow(): Promise<void> {
    this.#asked = undefined
    this.#options.settle()
    this.#telling = quietly(this.#ipv6?.tell(() => this.#listeners()) ?? Promise.resolve())
    return this.#telling
  }

  async told(): Promise<void> {
    await Promise.all([this.tell(), ...this.#routers().map(([, behind]) => behind.told())])
  }

  /** Resolves when all has been told that there is to tell. */
  async ready(): Promise<void> {
    await (this.#asked ?? this.#telling)
  }

  /** Its LAN's link may be replaced: nothing listens on it when this resolves. */
  async silence(): Promise<void> {
    await this.ready().catch(() => {})
    await this.#ipv6?.silence()
  }

  /** Its LAN's link may be another one. */
  async relinked(): Promise<void> {
    this.install()
    await this.tell()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ipv6?.[Symbol.asyncDispose]()
  }

  get #area(): Lan {
    return this.#options.place.area
  }

  #routers(): [name: string, behind: Behind][] {
    return [...this.#options.place.members].flatMap(([name, { behind }]) =>
      behind === undefined ? [] : [[name, behind] satisfies [string, Behind]],
    )
  }

  /** A cable that somebody has pulled out brings no news. */
  #listeners(): Listener[] {
    const { machine, links, place } = this.#options
    if (machine.cables.get(links.lan)!.isDown || this.#ipv6 === undefined) return []
    return [...place.members].flatMap(
      ([
        name,
        {
          machine: { namespace, cables },
          dev,
          wishes,
        },
      ]) => (wishes.slaac === true && !cables.get(dev)!.isDown ? [{ name, namespace, link: dev }] : []),
    )
  }

  #readdress(): void {
    const { machine, links } = this.#options
    machine.readdress(links.lan, { addresses: this.#area.gateways, deprecated: this.#area.formerGateways })
  }

  #site(): RouterIpv6Site {
    const { ipv6: inside, outside, former, isTranslated } = this.#area
    const going = former.map(({ lan }) => lan.prefix)
    const valid = this.prefixes
    const invalid = this.#invalid.filter((each) => !valid.some((other) => overlap(each, other)))
    const own = { ...this.#options.links, inside, outside, former: going, invalid }
    // A LAN with a prefix of its own hears nothing of what is delegated.
    if (isTranslated) return own
    const gone = this.#invalid.map((prefix) => prefix.replace(/\/\d+$/, '/64'))
    return { ...own, stale: { going, gone: gone.filter((each) => each !== inside && !going.includes(each)) } }
  }
}

/** Whoever waits for it hears of its failure, and nobody else. */
function quietly(promise: Promise<void>): Promise<void> {
  promise.catch(() => {})
  return promise
}

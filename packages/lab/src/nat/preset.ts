import type { Ruleset } from '@sallyport/nftables'
import type { Config } from '@sallyport/router'
import type { Behaviour } from './behaviour.ts'

/** Where a NAT stands: names of its interfaces, and the addresses on both sides. */
export interface Site {
  /** Interface towards the internet. */
  readonly wan: string
  /** Interfaces towards the hosts. */
  readonly lan: readonly string[]
  /** External IPv4 addresses, without prefix length; more than one is a pool. */
  readonly external: readonly string[]
  /** Inside prefixes: '192.168.1.0/24'. */
  readonly inside: readonly string[]
  /** Inside hosts that are known, in the order in which they were added: 1:1 and DMZ need them. */
  readonly hosts: readonly string[]
}

/** A NAT that people have, by a name. */
export interface Preset {
  /** 'home', 'symmetric'; what YAML and the command line say. */
  readonly name: string
  /** One sentence: what it is. */
  readonly title: string
  /** Products and set-ups that behave so, with where that is known from. */
  readonly devices: readonly string[]
  /** What it does; the proof measures exactly this. */
  readonly behaviour: Behaviour
  /** The rules when they are somebody's own, not those that `rulesOf(behaviour, site)` makes. */
  readonly rules?: (site: Site) => Ruleset
  /** What those depend on: sites that have the same of it share them. Default: all of the site. */
  readonly rulesDependOn?: readonly (keyof Site)[]
  /** Or a config of our router, when the rules are the router's. */
  readonly config?: (site: Site) => Config
  /** The rules have to be made anew when a host is added. */
  readonly dependsOnHosts?: boolean
}

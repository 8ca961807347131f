import type { Ruleset } from '@sallyport/nftables'
import type { Config } from '@sallyport/router'
import type { BehaviourOptions } from './behaviour.ts'
import type { Preset, Site } from './preset.ts'

/** Everything that can be a router's NAT. */
export type NatOptions =
  /** The name of a preset. */
  | string
  | Preset
  | BehaviourOptions
  /** A config of our router, as `sallyport apply` takes it; its interfaces have to be called as in the lab. */
  | { readonly config: Config }
  /** Rules of our own builder. */
  | { readonly rules: (site: Site) => Ruleset }
  /** A file for the nft program, which has to be installed. `variables` become `define`s in front of it. */
  | { readonly nft: string; readonly variables?: Readonly<Record<string, string>> }
  /** No translation: a plain router. */
  | 'none'

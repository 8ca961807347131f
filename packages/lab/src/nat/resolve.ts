import type { Ruleset } from '@sallyport/nftables'
import { type Config, compileConfig } from '@sallyport/router'
import { type Behaviour, type BehaviourOptions, behaviour } from './behaviour.ts'
import type { NatOptions } from './choice.ts'
import type { Preset, Site } from './preset.ts'
import { presetNamed } from './presets/index.ts'
import { rulesOf } from './rules/rules.ts'

/** A router's NAT with nothing left open: by what means it comes into the kernel. */
export interface ResolvedNat {
  /** The preset's name, 'behaviour', 'config', 'rules', the nft file's name, 'none'. */
  readonly name: string
  /** What it does, where that is known without measuring. */
  readonly behaviour?: Behaviour
  /** The rules have to be made anew when a host is added. */
  readonly dependsOnHosts: boolean
  readonly means: Means
}

export type Means =
  /** `sharedBy`: sites that have the same of these get the same rules. */
  | { readonly by: 'rules'; readonly rules: (site: Site) => Ruleset; readonly sharedBy?: readonly (keyof Site)[] }
  | { readonly by: 'behaviour'; readonly behaviour: Behaviour }
  /** `kept`: what is there of it already stays, as `sallyport apply` has it; else only its rules are taken. */
  | { readonly by: 'config'; readonly config: (site: Site) => Config; readonly kept: boolean }
  | { readonly by: 'nft'; readonly file: string; readonly variables: Readonly<Record<string, string>> }
  | { readonly by: 'nothing' }

/** What {@link NatOptions} mean. Throws NoSuchPreset for a name that none has. */
export function resolveNat(options: NatOptions): ResolvedNat {
  if (options === 'none') return { name: 'none', dependsOnHosts: false, means: { by: 'nothing' } }
  if (typeof options === 'string') return ofPreset(presetNamed(options))
  if ('behaviour' in options) return ofPreset(options)
  if ('config' in options) {
    const { config } = options
    return { name: 'config', dependsOnHosts: false, means: { by: 'config', config: () => config, kept: true } }
  }
  if ('rules' in options) {
    return { name: 'rules', dependsOnHosts: false, means: { by: 'rules', rules: options.rules } }
  }
  if ('nft' in options) {
    const { nft, variables = {} } = options
    return { name: nft, dependsOnHosts: false, means: { by: 'nft', file: nft, variables } }
  }
  return ofWords(options)
}

function ofPreset(preset: Preset): ResolvedNat {
  const { name, behaviour, rules, rulesDependOn: sharedBy, config, dependsOnHosts = false } = preset
  if (config !== undefined) return { name, behaviour, dependsOnHosts, means: { by: 'config', config, kept: false } }
  if (rules !== undefined)
    return { name, behaviour, dependsOnHosts, means: { by: 'rules', rules, ...(sharedBy && { sharedBy }) } }
  return { name, behaviour, dependsOnHosts, means: { by: 'behaviour', behaviour } }
}

function ofWords(options: BehaviourOptions): ResolvedNat {
  const words = behaviour(options)
  return { name: 'behaviour', behaviour: words, dependsOnHosts: false, means: { by: 'behaviour', behaviour: words } }
}

/** The rules as text or data, for who wants to see them; undefined where there are none before the kernel has them. */
export function rulesetOf({ means }: ResolvedNat, site: Site): Ruleset | undefined {
  if (means.by === 'rules') return means.rules(site)
  if (means.by === 'behaviour') return rulesOf(means.behaviour, site)
  if (means.by === 'config') return compileConfig(means.config(site)).ruleset
  return undefined
}

import { print } from '@sallyport/nftables'
import { compileConfig } from './compile/index.ts'
import type { Config } from './config/index.ts'

/** The ruleset of a config as nft text. Loaded into an empty namespace it lists the same as what `apply` makes. */
export function render(config: Config): string {
  return print(compileConfig(config).ruleset)
}

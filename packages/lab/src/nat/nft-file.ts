import { spawnSync } from 'node:child_process'
import type { NetworkNamespace } from '@sallyport/linux'
import { NatError } from './error.ts'
import type { Site } from './preset.ts'

/**
 * Has the nft program load a file into a namespace. What it may use of the site, beside the caller's own variables:
 * `$wan`, `$lan`, `$external`, `$inside` (the first of each). Throws NatError with the lines that nft complains about.
 */
export function loadNftFile(
  file: string,
  variables: Readonly<Record<string, string>>,
  site: Site,
  namespace: NetworkNamespace,
): void {
  const defines = Object.entries({ ...definesOf(site), ...variables }).flatMap(([name, value]) => [
    '-D',
    `${name}=${value}`,
  ])
  const { error, status, stderr } = namespace.run(() =>
    spawnSync('nft', [...defines, '-f', file], { encoding: 'utf8' }),
  )
  if (error !== undefined && 'code' in error && error.code === 'ENOENT') {
    throw new NatError(`'${file}' wants the nft program, which is not installed: install the package nftables`)
  }
  if (error !== undefined) throw new NatError(`nft could not be started: ${error.message}`, { cause: error })
  if (status !== 0) throw new NatError(`nft refuses '${file}':\n${stderr.trimEnd()}`)
}

function definesOf({ wan, lan, external, inside }: Site): Record<string, string> {
  const all = { wan, lan: lan[0], external: external[0], inside: inside[0] }
  return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined))
}

import type { Config } from '@sallyport/router'
import type { Behaviour } from '../nat/behaviour.ts'
import type { NatOptions } from '../nat/choice.ts'
import { allPresets } from '../nat/index.ts'
import type { Preset } from '../nat/preset.ts'
import type { Internet, RouterChildren, RouterOptions } from '../topology/internet.ts'
import { emitYaml, type Plain } from './emit.ts'
import { writtenAs } from './nat.ts'

type Router = RouterOptions & RouterChildren
type Plains = Readonly<Record<string, Plain | undefined>>

/**
 * A topology as YAML: `parseInternet(formatInternet(internet, file), file)` is equal to it. Throws RangeError where a
 * router has rules that are a function, which no text can hold.
 *
 * @param file where it will be: files that it names are written relative to it; default: one in the working directory
 */
export function formatInternet(internet: Internet, file = 'topology.yaml'): string {
  const { routers, ...rest } = internet
  return emitYaml({ ...(rest as Plains), routers: routersOf(routers, file) })
}

function routersOf(routers: Internet['routers'], file: string): Plain | undefined {
  if (routers === undefined) return undefined
  const pairs = Object.entries(routers).map(([name, router]) => [name, routerOf(name, router, file)] as const)
  return Object.fromEntries(pairs)
}

function routerOf(name: string, router: Router, file: string): Plain {
  const { nat, hosts, routers, ...rest } = router
  return {
    nat: nat === undefined ? undefined : natOf(name, nat, file),
    ...(rest as Plains),
    hosts: hosts as Plain | undefined,
    routers: routersOf(routers, file),
  }
}

function natOf(router: string, nat: NatOptions, file: string): Plain {
  if (typeof nat === 'string') return nat
  if ('config' in nat) return configOf(router, nat.config, file)
  if ('nft' in nat) return { ...nat, nft: writtenAs(nat.nft, file) }
  if ('behaviour' in nat) return presetOf(router, nat)
  if ('rules' in nat) throw noText(router, 'the rules are a function')
  return nat as Plain
}

/** A config remembers the file that it was read from. */
function configOf(router: string, config: unknown, file: string): Plain {
  if (typeof config !== 'object') throw noText(router, 'the config is a function')
  return { config: writtenAs((config as Config).file, file) }
}

function presetOf(router: string, preset: Preset): Plain {
  if (allPresets.includes(preset)) return preset.name
  if (preset.rules !== undefined) throw noText(router, `the preset '${preset.name}' has rules of its own`)
  const behaviour: Behaviour = preset.behaviour
  return behaviour as unknown as Plain
}

function noText(router: string, why: string): RangeError {
  return new RangeError(`router '${router}': ${why}, which YAML cannot hold; name a preset, or write a module`)
}

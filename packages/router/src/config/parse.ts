import { readAllow } from './allow.ts'
import type { Config } from './config.ts'
import { checkTakeover, readConntrack } from './conntrack.ts'
import { readForwards } from './forwards.ts'
import { readHosts } from './hosts.ts'
import { readLan, readWan } from './lan.ts'
import { checkPorts } from './ledger.ts'
import { readNat } from './nat.ts'
import type { Node } from './node.ts'
import { Problems } from './problems.ts'
import { readValue } from './read-value.ts'
import { readYaml } from './read-yaml.ts'
import { checkKeys, isMap } from './shape.ts'

/** Where a config comes from. */
export interface Source {
  /** The name for messages, as the user wrote it. */
  readonly file: string
}

const KEYS = ['wan', 'lan', 'hosts', 'nat', 'forwards', 'allow', 'conntrack']
/** Keys that later versions know: refused, since a config that is half obeyed is worse than none. */
const LATER = ['dns', 'untracked', 'balance', 'blocklists', 'expect']

/** Reads a config in YAML or JSON. Throws {@link ConfigErrors} with all its mistakes; reads no file. */
export function parseConfig(text: string, { file }: Source): Config {
  const problems = new Problems()
  const root = readYaml(text, file, problems)
  return resolve(root, file, problems)
}

/** Checks a config that is a value already, such as a module's default export. Throws {@link ConfigErrors}. */
export function checkConfig(value: unknown, { file }: Source): Config {
  return resolve(readValue(value, file), file, new Problems())
}

function resolve(root: Node | undefined, file: string, problems: Problems): Config {
  if (root === undefined || !checkTop(root, problems)) throw problems.error()
  const wan = readWan(root, problems)
  const { lan, subnets } = readLan(root, wan, problems)
  const hosts = readHosts(root, subnets, problems)
  const conntrack = readConntrack(root, problems)
  const { nat, reserved } = readNat(root, { hosts, conntrack }, problems)
  checkTakeover(root, nat, conntrack, problems)
  const forwards = readForwards(root, { hosts, subnets }, problems)
  const { allow, served } = readAllow(root, problems)
  checkPorts({ hosts: hosts.list, forwards, reserved, served }, problems)
  problems.throwIfAny()
  return { file, wan, lan, hosts: hosts.list, nat, forwards, allow, conntrack }
}

function checkTop(root: Node, problems: Problems): boolean {
  // Where an editor looks for the JSON Schema; a suggestion for nobody.
  const silent = root.entries.has('$schema') ? ['$schema'] : []
  const keys = { known: [...KEYS, ...silent], later: LATER }
  checkKeys(root, keys, 'begin with "wan: eth0" and "lan: { eth1: 192.168.1.1/24 }"', problems)
  return isMap(root)
}

import { dirname, join, relative, resolve } from 'node:path'
import { type Config, ConfigErrors, parseConfig } from '@sallyport/router'
import type { BehaviourOptions, Ports, ProtocolBehaviour, Timeouts } from '../nat/behaviour.ts'
import type { NatOptions } from '../nat/choice.ts'
import { allPresets, presets } from '../nat/index.ts'
import { words } from '../nat/words.ts'
import { isMap, type Node } from './document.ts'
import {
  type Fields,
  type Kind,
  map,
  type NamedKind,
  named,
  plain,
  type Reading,
  refuse,
  truth,
  word,
  wrong,
} from './kind.ts'
import { atLeast, text } from './words.ts'

const HINT = 'write a preset such as home, words such as { mapping: endpoint-independent }, { config: FILE }, or none'
const PORTS_HINT = 'write preserve, parity, random, sequential or { range: [1024, 2047] }'

const portWord = word(words.ports, 'RFC 4787 section 4.2')

const range: Kind<readonly [number, number]> = {
  schema: { type: 'array', items: { type: 'integer', minimum: 1, maximum: 65535 }, minItems: 2, maxItems: 2 },
  read(node, reading) {
    if (!Array.isArray(node.value) || node.items.length !== 2) return wrong(node, 'two ports', PORTS_HINT, reading)
    const [first, last] = node.value as [unknown, unknown]
    if (isPort(first) && isPort(last) && first <= last) return [first, last]
    return refuse(node, `${first} to ${last} is no range of ports from 1 to 65535; ${PORTS_HINT}`, reading)
  },
}

function isPort(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 65535
}

const rangeOfPorts = map<{ range: readonly [number, number] }>({ range }, PORTS_HINT, ['range'])
const ports: Kind<Ports> = {
  schema: { anyOf: [portWord.schema, rangeOfPorts.schema], description: 'which external port a new mapping gets' },
  read: (node, reading) => (isMap(node) ? rangeOfPorts : portWord).read(node, reading),
}

const protocolFields: Fields<ProtocolBehaviour> = {
  mapping: word(words.mapping, 'RFC 4787 section 4.1'),
  filtering: word(words.filtering, 'RFC 4787 section 5'),
  ports,
  overloading: truth('flows of two hosts may leave by one external port'),
  refresh: word(words.refresh, 'whose packets keep a mapping alive (RFC 4787 REQ-6)'),
}

const protocolWords = map<Partial<ProtocolBehaviour>>(protocolFields, 'such as { filtering: endpoint-independent }')
const protocol: Kind<Partial<ProtocolBehaviour> | 'blocked'> = {
  schema: { anyOf: [{ const: 'blocked' }, protocolWords.schema] },
  read: (node, reading) => (node.value === 'blocked' ? 'blocked' : protocolWords.read(node, reading)),
}

const seconds: Kind<number> = atLeast(1, 'seconds without a packet')
const timeouts: Kind<Partial<Timeouts>> = map<Partial<Timeouts>>(
  { udp: seconds, udpStream: seconds, tcpEstablished: seconds, tcpTransitory: seconds, icmp: seconds },
  'such as { udp: 30, udpStream: 120 }',
)

const behaviourFields: Fields<BehaviourOptions> = {
  ...protocolFields,
  udp: protocol,
  tcp: protocol,
  hairpin: word(words.hairpin, 'RFC 4787 REQ-9'),
  pooling: word(words.pooling, 'RFC 4787 REQ-2'),
  unsolicited: word(words.unsolicited, 'a packet from outside that nobody asked for'),
  timeouts,
}
const behaviourWords: Kind<BehaviourOptions> = map(behaviourFields, HINT)

const names = word([...allPresets.map(({ name }) => name), 'none'], 'a preset, or none: a plain router')
const preset: Kind<string> = {
  schema: names.schema,
  /** The names that TypeScript has for them (`presets.fullCone`) do as well. */
  read: (node, reading) =>
    typeof node.value === 'string' && Object.hasOwn(presets, node.value) ? node.value : names.read(node, reading),
}

/** The router's config in another file, which is YAML or JSON. */
const config: Kind<{ readonly config: Config }> = {
  schema: fileSchema('config', 'a config of the Sallyport router'),
  read(node, reading) {
    const read = map<{ config: string }>({ config: text('file', 'router.yaml') }, HINT).read(node, reading)
    if (read?.config === undefined) return undefined
    const file = node.get('config')!
    const path = pathOf(read.config, reading.file)
    const content = contentOf(path, file, reading)
    return content === undefined ? undefined : parsed(content, path, file, reading)
  },
}

function parsed(content: string, file: string, node: Node, reading: Reading): { config: Config } | undefined {
  try {
    return { config: parseConfig(content, { file }) }
  } catch (error) {
    if (!(error instanceof ConfigErrors)) throw error
    for (const each of error.errors) reading.problems.add(each, each)
    return refuse(node, `the config ${file} has mistakes; correct them there`, reading)
  }
}

const variables: Kind<Readonly<Record<string, string>>> = {
  schema: { type: 'object', additionalProperties: { type: ['string', 'number'] } },
  read(node, reading) {
    if (!isMap(node)) return wrong(node, 'a map (key: value)', 'such as { wan: eth0 }', reading)
    const pairs = [...node.entries].map(([name, { value }]) => [name, variable.read(value, reading)] as const)
    return Object.fromEntries(pairs.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
  },
}
const variable: Kind<string> = plain('either', (value: string | number) => String(value), { examples: ['eth0'] })

/** A file for the nft program. */
const nft: Kind<{ readonly nft: string; readonly variables?: Readonly<Record<string, string>> }> = {
  schema: fileSchema('nft', 'rules for the nft program', { variables: variables.schema }),
  read(node, reading) {
    const fields = { nft: text('file', 'rules.nft'), variables }
    const found = map<{ nft: string; variables?: Readonly<Record<string, string>> }>(fields, HINT).read(node, reading)
    if (found?.nft === undefined) return undefined
    const path = pathOf(found.nft, reading.file)
    if (contentOf(path, node.get('nft')!, reading) === undefined) return undefined
    return { ...found, nft: path }
  },
}

function fileSchema(key: string, description: string, more: object = {}): Kind<unknown>['schema'] {
  const properties = { [key]: { type: 'string', description }, ...more }
  return { type: 'object', additionalProperties: false, required: [key], properties }
}

/** A file that a topology names, relative to the topology. */
export function pathOf(written: string, topology: string): string {
  return written.startsWith('/') ? written : join(dirname(topology), written)
}

/** The other way round. */
export function writtenAs(path: string, topology: string): string {
  return path.startsWith('/') && !topology.startsWith('/') ? path : relative(resolve(dirname(topology)), resolve(path))
}

function contentOf(path: string, node: Node, { read, problems }: Reading): string | undefined {
  try {
    return read(path)
  } catch (error) {
    const problem = `the file ${path} cannot be read (${error instanceof Error ? error.message : String(error)})`
    problems.add(node.position(), { problem, hint: 'name it relative to the topology', text: String(node.value) })
    return undefined
  }
}

/** Everything that can be a router's NAT. */
export const nat: NamedKind<NatOptions> = named('nat', {
  schema: {
    anyOf: [preset.schema, behaviourWords.schema, config.schema, nft.schema],
    description: 'what its NAT does; default home',
  },
  read(node, reading) {
    const given = reading.given(node.path)
    if (isProgram(given)) return given
    if (typeof node.value === 'string') return preset.read(node, reading)
    if (!isMap(node)) return wrong(node, 'a preset or a map', HINT, reading)
    const file = [config, nft].find((_, index) => node.entries.has(['config', 'nft'][index]!))
    return (file ?? behaviourWords).read(node, reading)
  },
})

/** What only a module can say: a preset itself, rules, a config that is one already. */
function isProgram(value: unknown): value is Exclude<NatOptions, string> {
  if (!isObject(value)) return false
  const { behaviour, name, rules, config: given } = value
  if (given !== undefined) return typeof given === 'function' || (isObject(given) && Array.isArray(given.wan))
  return behaviour === undefined ? typeof rules === 'function' : isObject(behaviour) && typeof name === 'string'
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

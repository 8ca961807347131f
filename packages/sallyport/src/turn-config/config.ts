import { type Node, Problems, readValue, readYaml } from '@sallyport/router/document'
import type { Certificate, LogForm, UserEntry } from '@sallyport/traversal/service'
import { added, type Draft, type ListenEntry, type Placed, type RelayEntry } from './draft.ts'
import { readCertificate, readConfigText, readSecrets, readUsers } from './files.ts'
import type { AddressAndPort } from './quantities.ts'
import { type Kind, readDraft } from './read-draft.ts'

/** A server as it is to be: no optionals, all files read. */
export interface ServerConfig {
  readonly listen: readonly Placed<ListenEntry>[]
  readonly workers: number
  readonly metrics: Placed<AddressAndPort> | undefined
  readonly log: LogForm
  readonly certificate: Certificate | undefined
  /** Undefined for a STUN server. */
  readonly turn: TurnConfig | undefined
}

export interface TurnConfig {
  readonly relays: readonly Placed<RelayEntry>[]
  readonly ports: { readonly min: number; readonly max: number }
  readonly realm: string
  readonly users: readonly UserEntry[]
  readonly secrets: readonly string[]
  readonly allow: readonly string[]
  readonly deny: readonly string[]
  readonly limits: Draft['limits']
  /** Seconds. */
  readonly nonceLifetime: number
  readonly drainTimeout: number
  readonly tcpRelay: boolean
}

/** Where a config comes from; the second adds to the first. */
export interface Sources {
  /** Path of a YAML or JSON file. */
  readonly file: string | undefined
  /** What the command line says, in the form of a file. */
  readonly flags: object
  /** Of the machine. */
  readonly cores: number
  /** A path of the config file or of the command line, as it can be opened. */
  readonly resolve: (path: string, base: string | undefined) => string
}

const HOUR = 3600
/** RFC 8656 section 7.2 recommends the dynamic ports (RFC 6335). */
const PORTS = { min: 49_152, max: 65_535 }
const COMMAND_LINE = 'command line'

/** Reads all of it. Throws ConfigErrors with every mistake. */
export function loadServerConfig(kind: Kind, { file, flags, cores, resolve }: Sources): ServerConfig {
  const problems = new Problems()
  const ofFile = file === undefined ? undefined : readYaml(readConfigText(file, kind), file, problems)
  if (file !== undefined && ofFile === undefined) throw problems.error()
  const ofFlags = readValue(flags, COMMAND_LINE)
  const drafts = [ofFile, ofFlags].flatMap((root, index) => {
    const base = index === 0 ? file : undefined
    return root === undefined ? [] : [readDraft(root, kind, (path) => resolve(path, base), problems)]
  })
  const config = complete(kind, drafts.reduce(added), ofFile ?? ofFlags, cores, problems)
  problems.throwIfAny()
  return config
}

function complete(kind: Kind, draft: Draft, root: Node, cores: number, problems: Problems): ServerConfig {
  const { single, listen } = draft
  if (listen.length === 0 && problems.count === 0) {
    problems.add(root.position(), {
      problem: 'there is nothing to listen on',
      hint: 'write --listen 192.0.2.1:3478, or listen: in the config',
    })
  }
  const tls = listen.find(({ value }) => value.transport === 'tls')
  if (tls !== undefined && single.certificate === undefined) {
    problems.add(tls.node.position(), {
      problem: 'TLS needs a certificate',
      hint: 'write --cert and --key, or tls: { cert: …, key: … }',
    })
  }
  return {
    listen,
    workers: single.workers ?? cores,
    metrics: single.metrics,
    log: single.log ?? 'text',
    certificate: single.certificate && readCertificate(single.certificate, problems),
    turn: kind === 'turn' ? completeTurn(draft, root, problems) : undefined,
  }
}

function completeTurn(draft: Draft, root: Node, problems: Problems): TurnConfig {
  const { single, limits } = draft
  const ports = { ...PORTS, ...draft.ports }
  const missing = (problem: string, hint: string): void => {
    if (problems.count === 0) problems.add(root.position(), { problem, hint })
  }
  const users = [...draft.users, ...draft.userFiles.flatMap((file) => readUsers(file, problems))]
  const secrets = [...draft.secrets, ...draft.secretFiles.flatMap((file) => readSecrets(file, problems))]
  if (single.realm === undefined) missing('the realm is missing', 'write --realm example.org, or realm: in the config')
  if (users.length + secrets.length === 0) {
    missing('nobody may use the relay', 'write --user NAME:PASSWORD or --secret-file FILE, or users: in the config')
  }
  if (ports.min > ports.max) missing(`there is no port from ${ports.min} to ${ports.max}`, 'write the lower one first')
  if ((limits.defaultLifetime ?? 600) > (limits.maxLifetime ?? 3600)) {
    missing('the default lifetime is longer than the longest one', 'write both in limits: { lifetime: … }')
  }
  return {
    relays: withExternals(draft, problems),
    ports,
    realm: single.realm ?? '',
    users,
    secrets,
    allow: draft.allow,
    deny: draft.deny,
    limits,
    nonceLifetime: single.nonceLifetime ?? HOUR,
    drainTimeout: single.drainTimeout ?? HOUR,
    tcpRelay: single.tcpRelay ?? true,
  }
}

/** One address of each family, with its outer one; by default the addresses that clients are listened to at. */
function withExternals({ relays, externals, listen }: Draft, problems: Problems): Placed<RelayEntry>[] {
  const addresses = relays.length > 0 ? relays : listen.filter(({ value }) => !isWildcard(value.address))
  const chosen = new Map<4 | 6, Placed<RelayEntry>>()
  for (const { value, node } of addresses) {
    const family = familyOf(value.address)
    const before = chosen.get(family)?.value.address
    if (before === undefined) chosen.set(family, { value: entryOf(value, family, externals), node })
    else if (relays.length > 0 && before !== value.address) {
      const problem = `a second relay address of IPv${family}: there is ${before} already`
      problems.add(node.position(), { problem, hint: 'write one for each family', text: value.address })
    }
  }
  if (chosen.size === 0 && problems.count === 0) {
    const hint = 'write --relay 192.0.2.1, or relay: in the config'
    problems.add(listen[0]!.node.position(), { problem: 'there is no address to relay from', hint })
  }
  return [...chosen.values()]
}

function entryOf({ address, external }: RelayEntry, family: 4 | 6, externals: Draft['externals']): RelayEntry {
  const outer = external ?? externals.find(({ value }) => familyOf(value) === family)?.value
  return outer === undefined ? { address } : { address, external: outer }
}

function familyOf(address: string): 4 | 6 {
  return address.includes(':') ? 6 : 4
}

export function isWildcard(address: string): boolean {
  return ['*', '0.0.0.0', '::'].includes(address)
}

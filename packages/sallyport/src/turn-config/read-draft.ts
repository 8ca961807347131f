import { isMap, type Node, type Problems } from '@sallyport/router/document'
import { textProblem, type UserEntry } from '@sallyport/traversal/service'
import { type CertificateFiles, type Draft, defined, type ListenEntry, type Placed, type Single } from './draft.ts'
import type { AddressAndPort } from './quantities.ts'
import { bandwidthOf, durationOf, endpointOf, prefixOf } from './quantities.ts'
import { readRelays } from './read-relay.ts'
import { Reader } from './reader.ts'

/** A STUN server is a TURN server without all that relaying needs. */
export type Kind = 'stun' | 'turn'

const COMMON = ['listen', 'tls', 'workers', 'metrics', 'log']
const KEYS: Readonly<Record<Kind, readonly string[]>> = {
  stun: COMMON,
  turn: [...COMMON, 'relay', 'realm', 'users', 'secrets', 'files', 'peers', 'limits', 'nonce', 'drain'],
}
const SILENT = ['$schema']

const DURATION = 'write a whole number and a unit: 90s, 10m, 1h or 1d'
const BANDWIDTH = 'write bits per second: 64k, 10M or 1G'
const ENDPOINT = 'write ADDRESS:PORT: 192.0.2.1:3478, [2001:db8::1]:3478, or *:3478 for every address'
const MOST = 1_000_000_000

/** Where paths are relative to. */
type Resolve = (path: string) => string

/** The keys of a config, first level. */
export function keysOf(kind: Kind): readonly string[] {
  return KEYS[kind]
}

/** What a document says; mistakes go to `problems`. */
export function readDraft(root: Node, kind: Kind, resolve: Resolve, problems: Problems): Draft {
  return new DraftReader(problems, resolve).read(root, kind)
}

class DraftReader extends Reader {
  readonly #resolve: Resolve

  constructor(problems: Problems, resolve: Resolve) {
    super(problems)
    this.#resolve = resolve
  }

  read(root: Node, kind: Kind): Draft {
    const top = this.map(root, [...KEYS[kind], ...SILENT.filter((key) => root.entries.has(key))], EXAMPLES[kind])
    const files = this.map(top?.get('files'), ['users', 'secrets'], 'such as "files: { users: users.txt }"')
    const peers = this.map(top?.get('peers'), ['allow', 'deny'], 'such as "peers: { allow: [10.0.0.0/8] }"')
    return {
      listen: this.#listen(top?.get('listen')),
      ...readRelays(this, top?.get('relay')),
      users: this.#users(top?.get('users')),
      secrets: this.#texts(top?.get('secrets'), 'write a secret, or a list of them, in quotes'),
      userFiles: this.#paths(files?.get('users')),
      secretFiles: this.#paths(files?.get('secrets')),
      allow: this.#prefixes(peers?.get('allow')),
      deny: this.#prefixes(peers?.get('deny')),
      limits: this.#limits(top?.get('limits')),
      single: this.#single(top),
    }
  }

  #listen(node: Node | undefined): Placed<ListenEntry>[] {
    if (node === undefined || !isMap(node)) return this.#both(node)
    const map = this.map(node, ['both', 'udp', 'tcp', 'tls'], 'such as "listen: { udp: 192.0.2.1:3478 }"')
    const single = (['udp', 'tcp', 'tls'] as const).flatMap((name) => this.#endpoints(map?.get(name), name))
    return [...this.#both(map?.get('both')), ...single]
  }

  /**
   * What names no transport is served by UDP and TCP (RFC 8656 section 2.1: clients fall back to TCP). Port 0 is any free
   * port, and two of them would not be the same: UDP alone.
   */
  #both(node: Node | undefined): Placed<ListenEntry>[] {
    const udp = this.#endpoints(node, 'udp')
    const fixed = udp.filter(({ value }) => value.port > 0)
    return [
      ...udp,
      ...fixed.map(({ value, node: at }) => ({ value: { ...value, transport: 'tcp' } as const, node: at })),
    ]
  }

  #endpoints(node: Node | undefined, transport: ListenEntry['transport']): Placed<ListenEntry>[] {
    return this.list(node).flatMap((item) => {
      const value = this.parsed(item, ENDPOINT, endpointOf)
      return value === undefined ? [] : [{ value: { transport, ...value }, node: item }]
    })
  }

  #users(node: Node | undefined): UserEntry[] {
    if (node === undefined) return []
    if (!isMap(node)) {
      this.wrong(node, 'expected a map of users', 'such as "users: { alice: a-password }"')
      return []
    }
    return [...node.entries].flatMap(([name, { key, value }]) => {
      const problem = name === '' ? 'a user has no name' : textProblem(name)
      if (problem !== undefined) this.wrong(key, problem, 'write a name before the colon')
      return problem === undefined ? this.#user(name, value) : []
    })
  }

  #user(name: string, node: Node): UserEntry[] {
    if (node.value === '') return this.wrong(node, 'a user has no password', 'write one behind the colon') ?? []
    if (!isMap(node)) {
      const password = this.#opaque(node, 'write the password in quotes')
      return password === undefined ? [] : [{ name, password }]
    }
    const map = this.map(node, ['password', 'key'], 'such as "{ password: … }" or "{ key: … }"')!
    const key = this.parsed(map.get('key'), KEY, (text) => (/^[\da-f]{32}$/i.test(text) ? text : undefined))
    if (key !== undefined) return [{ name, key }]
    const password = this.#opaque(map.get('password'), 'write the password in quotes')
    if (password !== undefined) return [{ name, password }]
    if (!map.entries.has('key') && !map.entries.has('password'))
      this.wrong(node, 'a user has neither password nor key', KEY)
    return []
  }

  #limits(node: Node | undefined): Draft['limits'] {
    const keys = ['lifetime', 'allocations', 'permissions', 'channels', 'connections', 'bandwidth', 'user', 'clients']
    const map = this.map(node, keys, 'such as "limits: { allocations: 1000 }"')
    const lifetime = this.map(map?.get('lifetime'), ['default', 'longest'], 'such as "lifetime: { longest: 1h }"')
    const user = this.map(map?.get('user'), ['allocations', 'bandwidth'], 'such as "user: { allocations: 10 }"')
    const clients = this.map(map?.get('clients'), ['total', 'address'], 'such as "clients: { address: 1000 }"')
    const count = (at: Node | undefined): number | undefined => this.number(at, [1, MOST])
    return defined({
      defaultLifetime: this.#duration(lifetime?.get('default')),
      maxLifetime: this.#duration(lifetime?.get('longest')),
      total: count(map?.get('allocations')),
      permissions: count(map?.get('permissions')),
      channels: count(map?.get('channels')),
      connections: count(map?.get('connections')),
      perUser: count(user?.get('allocations')),
      bandwidth: this.#bandwidth(map?.get('bandwidth')),
      clients: count(clients?.get('total')),
      clientsPerAddress: count(clients?.get('address')),
      userBandwidth: this.#bandwidth(user?.get('bandwidth')),
    })
  }

  #single(top: Node | undefined): Single {
    const nonce = this.map(top?.get('nonce'), ['lifetime'], 'such as "nonce: { lifetime: 1h }"')
    const drain = this.map(top?.get('drain'), ['timeout'], 'such as "drain: { timeout: 1h }"')
    const metrics = top?.get('metrics')
    const where = this.parsed(metrics, ENDPOINT, (text) => withoutWildcard(endpointOf(text)))
    const relay = top?.get('relay')
    return defined({
      realm: this.#opaque(top?.get('realm'), 'write the name of your service, such as example.org'),
      workers: this.number(top?.get('workers'), [1, 64]),
      metrics: where && { value: where, node: metrics! },
      log: this.word(top?.get('log'), ['text', 'json']),
      nonceLifetime: this.#duration(nonce?.get('lifetime')),
      drainTimeout: this.#duration(drain?.get('timeout')),
      certificate: this.#certificate(top?.get('tls')),
      tcpRelay: relay === undefined || !isMap(relay) ? undefined : this.flag(relay.get('tcp')),
    })
  }

  #certificate(node: Node | undefined): Placed<CertificateFiles> | undefined {
    const hint = 'such as "tls: { cert: cert.pem, key: key.pem }"'
    const map = this.map(node, ['cert', 'key'], hint)
    if (map === undefined) return undefined
    const [cert, key] = [this.text(map.get('cert'), hint), this.text(map.get('key'), hint)]
    for (const name of ['cert', 'key'] as const) {
      if (!map.entries.has(name)) this.wrong(map, `tls has no ${name}`, hint)
    }
    if (cert === undefined || key === undefined) return undefined
    return { value: { cert: this.#resolve(cert), key: this.#resolve(key) }, node: map }
  }

  /** A text that a key can be made of. */
  #opaque(node: Node | undefined, hint: string): string | undefined {
    const text = this.text(node, hint)
    const problem = text === undefined ? undefined : textProblem(text)
    return problem === undefined ? text : this.wrong(node!, problem, hint)
  }

  #duration(node: Node | undefined): number | undefined {
    return this.parsed(node, DURATION, durationOf)
  }

  #bandwidth(node: Node | undefined): number | undefined {
    if (typeof node?.value === 'number') return this.number(node, [1, Number.MAX_SAFE_INTEGER])
    return this.parsed(node, BANDWIDTH, bandwidthOf)
  }

  #prefixes(node: Node | undefined): string[] {
    const hint = 'write an address or a prefix: 10.0.0.0/8 or 2001:db8::/32'
    return this.list(node).flatMap((item) => this.parsed(item, hint, prefixOf) ?? [])
  }

  #texts(node: Node | undefined, hint: string): string[] {
    return this.list(node).flatMap((item) => this.text(item, hint) ?? [])
  }

  #paths(node: Node | undefined): Placed<string>[] {
    return this.list(node).flatMap((item) => {
      const path = this.text(item, 'write the path of a file')
      return path === undefined ? [] : [{ value: this.#resolve(path), node: item }]
    })
  }
}

const KEY = 'write the key as 32 hexadecimal digits: MD5 of name:realm:password'
export const EXAMPLES: Readonly<Record<Kind, string>> = {
  stun: 'begin with "listen: 192.0.2.1:3478"',
  turn: 'begin with "listen: 192.0.2.1:3478", "relay: 192.0.2.1" and "realm: example.org"',
}

function withoutWildcard(endpoint: AddressAndPort | undefined): AddressAndPort | undefined {
  return endpoint?.address === '*' ? { ...endpoint, address: '::' } : endpoint
}

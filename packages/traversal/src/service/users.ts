import { createHash, createHmac } from 'node:crypto'
import { type KeyAlgorithm, longTermKey, opaqueString, type User, type UserStore, userHash } from '../stun/index.ts'

/** A user with a password, or with the key that was made of it (`turnadmin -k`: MD5 in hexadecimal). */
export type UserEntry =
  | { readonly name: string; readonly password: string }
  | { readonly name: string; readonly key: string }

export interface UsersOptions {
  readonly realm: string
  readonly users: readonly UserEntry[]
  /** Secrets of time-limited credentials, the first is for new ones: several, while one is replaced by another. */
  readonly secrets?: readonly string[]
}

/** Users with a limited time that are remembered: making their keys takes two hashes. */
const REMEMBERED = 4096

/**
 * Who may use a relay: users with passwords, and whoever shows a credential that was signed with one of our secrets
 * (draft-uberti-behave-turn-rest: the name is `EXPIRES[:ID]`, seconds since 1970, the password an HMAC-SHA1 of it).
 */
export class Users implements UserStore {
  readonly #realm: string
  readonly #secrets: readonly string[]
  readonly #byName = new Map<string, User>()
  readonly #byHash = new Map<string, User>()
  readonly #limited = new Map<string, User>()

  constructor({ realm, users, secrets = [] }: UsersOptions) {
    this.#realm = realm
    this.#secrets = secrets
    for (const entry of users) {
      const user = 'key' in entry ? hashed(entry) : withPassword(entry, realm)
      this.#byName.set(entry.name, user)
      this.#byHash.set(hex(userHash({ username: entry.name, realm })), user)
    }
  }

  /** Names with a time are known only when they are seen, so that there is no hash to compare. */
  get anonymity(): boolean {
    return this.#secrets.length === 0
  }

  /** Of a name with a time also when that is over: what was begun with it in time goes on. */
  byName(name: string): User | undefined {
    return this.#byName.get(name) ?? this.#limitedUser(name)
  }

  byHash(hash: Uint8Array): User | undefined {
    return this.#byHash.get(hex(hash))
  }

  #limitedUser(name: string): User | undefined {
    const known = this.#limited.get(name)
    if (known !== undefined) return known
    const expires = /^(\d{1,12})(?::|$)/.exec(name)?.[1]
    if (this.#secrets.length === 0 || expires === undefined) return undefined
    const user = { ...this.#sign(name), expires: Number(expires) * 1000 }
    if (this.#limited.size >= REMEMBERED) this.#limited.clear()
    this.#limited.set(name, user)
    return user
  }

  #sign(name: string): User {
    const [first, ...others] = this.#secrets.map((secret) =>
      withPassword({ name, password: restPassword(name, secret) }, this.#realm),
    )
    const owner = name.slice(name.indexOf(':') + 1)
    const otherKeys: User['otherKeys'] = (algorithm) => others.flatMap((other) => other.key(algorithm) ?? [])
    return { ...first!, owner: owner === '' ? name : owner, otherKeys }
  }
}

/** Why a text is no name, password or realm (RFC 8265); undefined when it is one. */
export function textProblem(text: string): string | undefined {
  try {
    opaqueString(text)
    return undefined
  } catch (error) {
    if (error instanceof RangeError) return error.message
    throw error
  }
}

/** The password of a time-limited name. */
export function restPassword(name: string, secret: string): string {
  return createHmac('sha1', secret).update(name).digest('base64')
}

function withPassword({ name, password }: { name: string; password: string }, realm: string): User {
  const keys = new Map<KeyAlgorithm, Uint8Array>()
  return {
    name,
    key: (algorithm) => {
      let key = keys.get(algorithm)
      if (key === undefined) {
        key = longTermKey({ username: name, realm, password }, algorithm)
        keys.set(algorithm, key)
      }
      return key
    },
  }
}

function hashed({ name, key }: { name: string; key: string }): User {
  const bytes = Buffer.from(key, 'hex')
  return { name, key: (algorithm) => (algorithm === 'md5' ? bytes : undefined) }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

/** Shared with the others who take our nonces: a key of 32 bytes from any text. */
export function secretOf(text: string): Uint8Array {
  return createHash('sha256').update(text).digest()
}

import type { Attached } from './attribute.ts'
import {
  MD5,
  nonce,
  type PasswordAlgorithm,
  passwordAlgorithm,
  passwordAlgorithms,
  realm,
  SHA256,
  userhash,
  username,
} from './attributes/index.ts'
import type { KeyAlgorithm } from './credentials.ts'
import { bareFailure, failure } from './errors.ts'
import { checkIntegrity, hasIntegrity, type IntegrityAlgorithm } from './integrity.ts'
import type { Message } from './message.ts'
import { nonceCookie } from './nonce-cookie.ts'
import { type NonceHolder, Nonces } from './nonces.ts'
import type { Endpoint } from './values.ts'

/** A user as the server knows one. */
export interface User {
  readonly name: string
  /** The key of the long-term mechanism for each hash; undefined where only the other one is stored. */
  key(algorithm: KeyAlgorithm): Uint8Array | undefined
  /** Keys of other passwords that are good too, while one is replaced by another. */
  otherKeys?(algorithm: KeyAlgorithm): readonly Uint8Array[]
  /** Who is behind several names: what counts against quotas; default: the name. */
  readonly owner?: string
  /** When the name ends, in milliseconds since 1970: nothing new is begun with it afterwards; default: never. */
  readonly expires?: number
}

/** Where users are found. Both are asked for every request, so they have to be quick and must not wait. */
export interface UserStore {
  byName(name: string, now: number): User | undefined
  byHash(hash: Uint8Array, now: number): User | undefined
  /** False where nobody is found by a hash, so that clients are not told to hide their names; default true. */
  readonly anonymity?: boolean
}

export interface AuthenticatorOptions {
  readonly realm: string
  readonly users: UserStore
  /** Of the server alone, random, 32 bytes; nonces are made with it. Servers that share it take each other's nonces. */
  readonly secret: Uint8Array
  /** Seconds that a nonce is good for; default 3600. */
  readonly nonceLifetime?: number
}

/** Who sent a request, and with what its answer is to be sealed. */
export interface Authenticated {
  readonly ok: true
  readonly user: User
  readonly key: Uint8Array
  /** SHA-256 for a client that chose a PASSWORD-ALGORITHM, whichever its own seal is (RFC 8489 section 9.2.4). */
  readonly algorithm: IntegrityAlgorithm
}

/** The request is answered with these, without integrity. */
export interface Refused {
  readonly ok: false
  readonly code: 400 | 401 | 438
  readonly attributes: readonly Attached[]
}

/** Preferred first (RFC 8489 section 9.2.1). */
const offered: readonly PasswordAlgorithm[] = [SHA256, MD5]

/**
 * The server's side of the long-term mechanism (RFC 8489 section 9.2.4). It remembers nothing of who asks, so that a
 * flood costs no memory: see {@link Nonces}.
 */
export class Authenticator {
  readonly #options: Required<AuthenticatorOptions>
  readonly #nonces: Nonces
  readonly #realm: Attached

  constructor(options: AuthenticatorOptions) {
    this.#options = { nonceLifetime: 3600, ...options }
    this.#nonces = new Nonces({ secret: options.secret, lifetime: this.#options.nonceLifetime })
    this.#realm = fixed(realm.of(options.realm))
  }

  /** The same, with other users: nonces that were given out stay good. */
  withUsers(users: UserStore): Authenticator {
    return new Authenticator({ ...this.#options, users })
  }

  /**
   * @param now milliseconds since 1970
   * @param goesOn it is about something that was begun in time: names that have ended since are good for it
   */
  check(message: Message, from: NonceHolder, now: number, goesOn = false): Authenticated | Refused {
    const seal = hasIntegrity(message, 'sha256') ? 'sha256' : 'sha1'
    if (!hasIntegrity(message, seal)) return this.#challenge(401, from, now)
    const given = message.get(nonce)
    const isNamed = message.has(username) || message.has(userhash)
    const where = message.get(realm)
    if (given === undefined || !isNamed || where === undefined) return refused(400)
    const choice = chosen(message)
    if (choice === undefined) return refused(400)
    const named = where === this.#options.realm ? this.#user(message, now) : undefined
    const user = goesOn || (named?.expires ?? Number.POSITIVE_INFINITY) > now ? named : undefined
    // Computed for nobody as well: neither the answer nor the time it takes tells whether there is such a user.
    const keys = [user?.key(choice) ?? nobody[choice], ...(user?.otherKeys?.(choice) ?? [])]
    const key = keys.find((each) => checkIntegrity(message, each, seal))
    if (user === undefined || key === undefined || key === nobody[choice]) return this.#challenge(401, from, now)
    // After the integrity, as section 9.2.4 orders it: a stale nonce is news for those alone who know the password.
    if (!this.#nonces.isFresh(given, this.#cookie, from, now)) return this.#challenge(438, from, now)
    return { ok: true, user, key, algorithm: message.has(passwordAlgorithm) ? 'sha256' : 'sha1' }
  }

  /** A nonce for that client. */
  nonceFor(from: Endpoint, now: number): string {
    return this.#nonces.make(this.#cookie, from, now)
  }

  /** What the server can do: other users may change it, and nonces of before are stale then. */
  get #cookie(): string {
    return cookies[this.#options.users.anonymity === false ? 'open' : 'anonymous']
  }

  #user(message: Message, now: number): User | undefined {
    const { users } = this.#options
    const name = message.get(username)
    if (name !== undefined) return users.byName(name, now)
    const hash = message.get(userhash)
    return hash && users.byHash(hash, now)
  }

  #challenge(code: 401 | 438, from: NonceHolder, now: number): Refused {
    // As short as it can be: it goes to who has not proven to be at that address.
    const attributes = [
      code === 401 ? unauthenticated : stale,
      this.#realm,
      nonce.of(this.nonceFor(from, now)),
      algorithms,
    ]
    return { ok: false, code, attributes }
  }
}

const cookies = {
  anonymous: nonceCookie({ passwordAlgorithms: true, userAnonymity: true }),
  open: nonceCookie({ passwordAlgorithms: true, userAnonymity: false }),
}
/** Keys of nobody: what is sealed with them is refused all the same, after the same work. */
const nobody: Readonly<Record<KeyAlgorithm, Uint8Array>> = { md5: new Uint8Array(16), sha256: new Uint8Array(32) }

/** Encoded once: a flood of requests is answered, or not, as cheaply as can be. */
function fixed({ type, name, write }: Attached): Attached {
  const bytes = write(new Uint8Array(12))
  return { type, name, write: () => bytes }
}

const unauthenticated = fixed(bareFailure(401))
const stale = fixed(bareFailure(438))
const algorithms = fixed(passwordAlgorithms.of(offered))

function refused(code: 400): Refused {
  return { ok: false, code, attributes: [failure(code)] }
}

/**
 * The hash that the client made its key with: MD5 where it knows of no list, as clients of RFC 5389. Undefined when
 * somebody on the way took a stronger one out: a list that is not ours, or without a choice of it (section 9.2.4).
 */
function chosen(message: Message): KeyAlgorithm | undefined {
  const list = message.get(passwordAlgorithms)
  const choice = message.get(passwordAlgorithm)
  if (list === undefined && choice === undefined) {
    return message.has(passwordAlgorithms) || message.has(passwordAlgorithm) ? undefined : 'md5'
  }
  if (list === undefined || choice === undefined || !sameList(list)) return undefined
  return choice.number === SHA256.number ? 'sha256' : choice.number === MD5.number ? 'md5' : undefined
}

function sameList(list: readonly PasswordAlgorithm[]): boolean {
  if (list.length !== offered.length) return false
  return list.every(({ number, parameters }, index) => number === offered[index]!.number && parameters.length === 0)
}

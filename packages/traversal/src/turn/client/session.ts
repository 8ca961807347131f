import {
  type Attached,
  featuresOf,
  type IntegrityAlgorithm,
  integrity,
  type KeyAlgorithm,
  longTermKey,
  MD5,
  type Message,
  nonce,
  type PasswordAlgorithm,
  passwordAlgorithm,
  passwordAlgorithms,
  realm,
  type Seal,
  SHA256,
  userHash,
  userhash,
  username,
} from '../../stun/index.ts'

export interface Credentials {
  readonly username: string
  readonly password: string
  /** Where the password belongs; another one is not answered. Default: whatever the server says. */
  readonly realm?: string
  /** Seconds that they are good for, from when they were asked for (draft-uberti-behave-turn-rest). */
  readonly ttl?: number
}

/** With what a request was sealed, and so its answer has to be. */
export interface Proof {
  readonly key: Uint8Array
  readonly algorithm: IntegrityAlgorithm
  readonly realm: string
  readonly nonce: string
}

/** What a challenge means: ask again, look away, or why there is no use in asking. */
export type Challenged = 'again' | 'ignore' | 'refused' | 'bid-down' | 'algorithm' | 'realm' | 'malformed'

interface Offer {
  readonly realm: string
  readonly nonce: string
  readonly hash: KeyAlgorithm
  /** As it came; it goes back, so that the server sees what we saw. */
  readonly list: readonly PasswordAlgorithm[] | undefined
  readonly anonymity: boolean
}

/**
 * The client's side of the long-term mechanism (RFC 8489 section 9.2): what the server offered last, and the key that
 * comes of it. All requests to a server share one, so that a nonce that one of them learned serves them all.
 */
export class LongTermSession {
  #credentials: Credentials
  /** The last ones that a server took, to which there is a way back while it has not refused them. */
  #before: Credentials | undefined
  #isTried = true
  #isBound = false
  #offer: Offer | undefined
  #proof: Proof | undefined
  /** The realm and hash for which the server took our password; then a 401 is about the nonce. */
  #proven: string | undefined

  /** Throws RangeError for a name or password that RFC 8265 does not allow. */
  constructor(credentials: Credentials) {
    this.#credentials = credentials
    check(credentials)
  }

  get credentials(): Credentials {
    return this.#credentials
  }

  /** False for credentials that came in the place of others, until a server took them. */
  get isTried(): boolean {
    return this.#isTried
  }

  /** Others were refused where these were good: the server ties an allocation to its first name (RFC 8656 section 5). */
  get isBound(): boolean {
    return this.#isBound
  }

  /**
   * Other credentials from now on. `refused`: the server takes those before no more, so that there is no way back.
   * False, and nothing happens, when they are the same. Throws RangeError as the constructor does.
   */
  renew(credentials: Credentials, refused: boolean): boolean {
    check(credentials)
    const { username: name, password } = this.#credentials
    if (credentials.username === name && credentials.password === password) return false
    if (refused) this.#before = undefined
    else if (this.#isTried) this.#before = this.#credentials
    this.#take(credentials)
    this.#isTried = false
    return true
  }

  /** The server refuses what a request was sealed with (401, 441): is there sense in asking again, as we did before? */
  turnedAway(sent: Proof | undefined): boolean {
    if (sent !== undefined && this.#proof !== undefined && !sameKey(sent, this.#proof)) return true
    if (this.#before === undefined) return false
    this.#take(this.#before)
    this.#before = undefined
    this.#isTried = true
    this.#isBound = true
    return true
  }

  /** Another one that begins with what this one knows. */
  copy(): LongTermSession {
    const copy = new LongTermSession(this.#credentials)
    copy.#offer = this.#offer
    copy.#proof = this.#proof
    copy.#proven = this.#proven
    return copy
  }

  /** Of the server; undefined until it asked for a password. */
  get realm(): string | undefined {
    return this.#offer?.realm
  }

  /** Undefined before the server asked for a password: the first request goes without one (section 9.2.3.1). */
  get proof(): Proof | undefined {
    return this.#proof
  }

  /** Who we are, for a request; nothing before the server asked. */
  identity(): readonly Attached[] {
    const offer = this.#offer
    if (offer === undefined) return []
    const { username: name } = this.#credentials
    const who = offer.anonymity ? userhash.of(userHash({ username: name, realm: offer.realm })) : username.of(name)
    const choice = offer.list && [passwordAlgorithms.of(offer.list), passwordAlgorithm.of(numbers[offer.hash])]
    return [who, realm.of(offer.realm), nonce.of(offer.nonce), ...(choice ?? [])]
  }

  seals(): readonly Seal[] {
    return this.#proof === undefined ? [] : [integrity(this.#proof.key, this.#proof.algorithm)]
  }

  /** A request that was sealed like that was answered with as good a seal. */
  accepted(proof: Proof): void {
    if (this.#proof === undefined || !sameKey(proof, this.#proof)) return
    this.#proven = nameOf(proof)
    this.#isTried = true
  }

  /** A 401 or 438 (section 9.2.5). `sent` is what the request was sealed with. */
  challenged(code: 401 | 438, message: Message, sent: Proof | undefined): Challenged {
    const offer = this.#offerIn(message)
    if (typeof offer === 'string') return offer
    if (this.#credentials.realm !== undefined && offer.realm !== this.#credentials.realm) return 'realm'
    // Once SHA-256 was offered, a weaker offer is somebody else's: this answer is not sealed.
    if (this.#offer?.realm === offer.realm && this.#offer.hash === 'sha256' && offer.hash === 'md5') return 'ignore'
    const proof = this.#proofOf(offer)
    const known = sent !== undefined && sameKey(sent, proof)
    if (code === 401 && known && (this.#proven !== nameOf(proof) || sent.nonce === offer.nonce)) return 'refused'
    this.#offer = offer
    this.#proof = proof
    return 'again'
  }

  #take(credentials: Credentials): void {
    this.#credentials = credentials
    this.#proven = undefined
    const offer = this.#offer
    this.#proof = undefined // its key is of the old password
    this.#proof = offer && this.#proofOf(offer)
  }

  #offerIn(message: Message): Offer | 'bid-down' | 'algorithm' | 'malformed' {
    const given = message.get(nonce)
    const where = message.get(realm) ?? this.#offer?.realm
    if (given === undefined || where === undefined) return 'malformed'
    const features = featuresOf(given)
    const list = message.get(passwordAlgorithms)
    if (features?.passwordAlgorithms && list === undefined) return 'bid-down'
    const hash = list === undefined ? 'md5' : preferred(list)
    if (hash === undefined) return 'algorithm'
    return { realm: where, nonce: given, hash, list, anonymity: features?.userAnonymity ?? false }
  }

  #proofOf({ realm: where, nonce: given, hash, list }: Offer): Proof {
    const algorithm = list === undefined ? 'sha1' : 'sha256'
    const before = this.#proof
    const same = this.#offer?.realm === where && this.#offer.hash === hash
    const key = same && before !== undefined ? before.key : longTermKey({ ...this.#credentials, realm: where }, hash)
    return { key, algorithm, realm: where, nonce: given }
  }
}

function check(credentials: Credentials): void {
  longTermKey({ ...credentials, realm: credentials.realm ?? 'any' }, 'md5')
}

const numbers = { md5: MD5, sha256: SHA256 } as const

/** The first that we know: the order is the server's (RFC 8489 section 9.2.5), and who changed it on the way is found out. */
function preferred(list: readonly PasswordAlgorithm[]): KeyAlgorithm | undefined {
  const known = list.find(({ number }) => number === SHA256.number || number === MD5.number)
  return known && (known.number === SHA256.number ? 'sha256' : 'md5')
}

function sameKey(one: Proof, other: Proof): boolean {
  return one.realm === other.realm && one.algorithm === other.algorithm && Buffer.from(one.key).equals(other.key)
}

function nameOf({ algorithm, realm: where }: Proof): string {
  return `${algorithm} ${where}`
}

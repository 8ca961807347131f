import { type Method, reasons } from '../../stun/index.ts'

/** What went wrong where no server said so with a number. */
export type TurnTrouble =
  /** Nobody answered. */
  | 'timeout'
  /** The answer was not sealed by who knows the password. */
  | 'integrity'
  /** Somebody on the way took the stronger algorithms out of the server's offer (RFC 8489 section 9.2.5). */
  | 'bid-down'
  /** The server wants a hash that is not known here. */
  | 'algorithm'
  /** The server asks for the password of another realm than the one that was given. */
  | 'realm'
  /** The answer lacks what it has to have. */
  | 'malformed'
  /** The server refuses our credentials, and there are no others. */
  | 'credentials'
  /** A relay for datagrams makes no connections. */
  | 'relay'
  /** The connection to the server, or the relay, is gone. */
  | 'closed'

const sentences: Readonly<Record<TurnTrouble, string>> = {
  timeout: 'the server does not answer',
  integrity: 'the answer is not sealed with our password; another server may be answering',
  'bid-down': 'the list of password algorithms was taken out of the answer; somebody is in the way',
  algorithm: 'the server takes no password algorithm that is known here (MD5, SHA-256)',
  realm: 'the server asks for the password of another realm',
  malformed: 'the answer makes no sense',
  credentials: 'the server refuses the credentials, and nobody gave others',
  relay: "a relay for datagrams makes no connections; ask for relay: 'tcp'",
  closed: 'the relay is closed',
}

/** What the errors that people meet mostly come from. */
const hints: Readonly<Record<number, string>> = {
  300: 'the server points at another one, and that is not followed; see `redirects`',
  401: 'wrong user name or password',
  403: 'the server does not relay to this peer',
  437: 'the server does not know the relay (any more)',
  440: 'the server has no addresses of this family',
  441: 'the relay belongs to another user',
  443: 'the relay has no address of the family of this peer',
  446: 'there is a connection to this peer already',
  447: 'the peer does not take the connection',
  486: 'this user has as many relays as one may have',
  508: 'the server has nothing left; later, or elsewhere',
}

/** A request of TURN that came to nothing. */
export class TurnError extends Error {
  override readonly name = 'TurnError'
  /** The request: 'allocate', 'createPermission', … */
  readonly operation: Method
  /** What the server answered; undefined when it did not say a number. */
  readonly code: number | undefined
  /** What went wrong, when it was no answer with a number. */
  readonly trouble: TurnTrouble | undefined

  /** @param phrase the server's own words for the number */
  constructor(operation: Method, what: number | TurnTrouble, phrase = '', cause?: unknown) {
    const sentence = typeof what === 'number' ? numbered(what, phrase) : sentences[what]
    super(`${operation}: ${sentence}`, cause === undefined ? undefined : { cause })
    this.operation = operation
    this.code = typeof what === 'number' ? what : undefined
    this.trouble = typeof what === 'number' ? undefined : what
  }
}

function numbered(code: number, phrase: string): string {
  const hint = hints[code]
  // What a server says is shown to people: no control characters, and not a page of it.
  const said = phrase
    .replaceAll(/\p{Cc}/gu, ' ')
    .slice(0, 120)
    .trim()
  const words = said === '' ? ((reasons as Readonly<Record<number, string>>)[code] ?? '') : said
  return `${code} ${words}${hint === undefined ? '' : ` (${hint})`}`
}

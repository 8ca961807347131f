import { PeerFilter } from '../../filter/index.ts'
import { alternateDomain, alternateServer, type Endpoint } from '../../stun/index.ts'
import type { TurnClientOptions } from './options.ts'
import type { Answer } from './requests.ts'

/** RFC 8489 section 10: a server that was asked within five minutes is not asked again. Milliseconds. */
const MEMORY = 300_000
/** More hops than that are no load balancing. */
const MOST = 8

export interface Redirection {
  readonly server: Endpoint
  readonly domain: string | undefined
}

/** Which servers were asked, and whether to follow to another one. */
export class Redirector {
  readonly #options: TurnClientOptions
  readonly #asked: Map<string, number> = new Map()

  constructor(options: TurnClientOptions) {
    this.#options = options
  }

  asked({ address, port }: Endpoint, now: number): void {
    this.#asked.set(`${address} ${port}`, now)
  }

  /** Where a 300 points at; undefined when it is not to be followed. */
  follow(answer: Answer, now: number): Redirection | undefined {
    const { redirects = {}, transport } = this.#options
    const proven = ('sealed' in answer && answer.sealed === true) || transport === 'tls'
    const server = answer.message?.get(alternateServer)
    const domain = answer.message?.get(alternateDomain)
    if (server === undefined || !(proven || redirects.unproven === true)) return undefined
    const before = this.#asked.get(`${server.address} ${server.port}`)
    if (this.#asked.size >= MOST || (before !== undefined && now - before < MEMORY)) return undefined
    return (redirects.allows?.(server, domain) ?? this.#isHarmless(server)) ? { server, domain } : undefined
  }

  /** No server of the internet sends us to this machine, into our network or to a cloud's metadata. */
  #isHarmless(server: Endpoint): boolean {
    const filter = new PeerFilter()
    return filter.allows(server.address) || !filter.allows(this.#options.server.address)
  }
}

import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import type { Endpoint } from '../stun/index.ts'
import {
  type Allocated,
  type Credentials,
  type Redirects,
  TurnClient,
  type TurnClientEvent,
  type TurnClientOptions,
  type Wish,
} from '../turn/client/index.ts'
import { joinPeer } from './data-socket.ts'
import { Driver } from './driver.ts'
import { type LinkOptions, openStream, resolveServer } from './link.ts'
import { Relay } from './relay.ts'
import { parseServer, type ServerName, type ServerTransport } from './server-name.ts'
import { type ConnectionOptions, namedFor } from './tls-options.ts'

/** A name and a password, or where to ask for them. */
export type AllocateOptions = AllocateSettings &
  ((Credentials & { readonly credentials?: never }) | { readonly credentials: Credentials | CredentialsSource })

/**
 * Gives credentials: for the first request, shortly before their `ttl` is over, and when the server refuses them. What a
 * REST API for TURN answers (draft-uberti-behave-turn-rest) can be given as it is.
 */
export type CredentialsSource = (why: 'first' | 'ending' | 'refused') => Credentials | Promise<Credentials>

export interface AllocateSettings
  extends Wish,
    Pick<TurnClientOptions, 'channelAfter' | 'keepalive' | 'retransmission'> {
  readonly server: ServerName
  /** To the server; default: what its URI says, else 'udp', or 'tcp' for a TCP relay. */
  readonly transport?: ServerTransport
  /** Where to send from; default: as the system likes. */
  readonly local?: Partial<Endpoint>
  readonly tls?: ConnectionOptions
  /** Which redirections to follow (RFC 8489 section 10). */
  readonly redirects?: Redirects
  /** Gives up; of no use once there is a relay. */
  readonly signal?: AbortSignal
}

/**
 * A relayed address on a TURN server. Throws TurnError when the server refuses (401, 486, 508, …) or does not answer, the
 * system's error when it cannot be reached, what the source of credentials throws, RangeError for what cannot be asked.
 */
export async function allocate(options: AllocateOptions): Promise<Relay> {
  const named = parseServer(options.server, options.transport)
  const transport = options.transport ?? named.transport ?? (options.relay === 'tcp' ? 'tcp' : 'udp')
  if (options.relay === 'tcp' && transport === 'udp') throw new RangeError('a TCP relay needs TCP or TLS to the server')
  const source = sourceOf(options)
  const server = await resolveServer(named)
  const credentials = await source('first')
  const random = (length: number): Uint8Array => Uint8Array.from(randomBytes(length))
  const opening = new Opening(transport, named.host, options, source)
  const renewable = typeof options.credentials === 'function'
  const machine = { ...options, ...credentials, renewable, server, transport, random }
  return await opening.run(
    new Driver(
      (now) => new TurnClient(machine, now),
      (event) => opening.on(event),
    ),
    server,
  )
}

function sourceOf(options: AllocateOptions): CredentialsSource {
  const { credentials = options as Credentials } = options
  return typeof credentials === 'function' ? credentials : () => credentials
}

/** From the first request to the relay, by way of other servers if it has to be. */
class Opening {
  readonly #transport: ServerTransport
  readonly #options: AllocateSettings
  readonly #source: CredentialsSource
  readonly #done: PromiseWithResolvers<Relay> = Promise.withResolvers()
  #host: string
  #driver: Driver | undefined
  #relay: Relay | undefined

  constructor(transport: ServerTransport, host: string, options: AllocateSettings, source: CredentialsSource) {
    this.#source = source
    this.#transport = transport
    this.#host = host
    this.#options = options
  }

  async run(driver: Driver, server: Endpoint): Promise<Relay> {
    const { signal } = this.#options
    this.#driver = driver
    this.#done.promise.catch(() => undefined) // who waits below hears of it; opening may fail before
    const abort = (): void => this.#fail(signal?.reason)
    signal?.throwIfAborted()
    signal?.addEventListener('abort', abort, { once: true })
    try {
      await driver.open(this.#transport, server, this.#link())
      driver.tell(() => undefined)
      return await this.#done.promise
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }

  on(event: TurnClientEvent): void {
    if (event.type === 'credentials') this.#renew(event.why)
    else if (this.#relay !== undefined) this.#relay.handle(event)
    else if (event.type === 'allocated') this.#allocated(event)
    else if (event.type === 'redirected') this.#redirected(event.server, event.domain)
    else if (event.type === 'closed') this.#fail(this.#explained(event.error))
  }

  #allocated(allocated: Allocated): void {
    const driver = this.#driver!
    this.#relay = new Relay({
      driver,
      allocated,
      join: (id) => this.#join(driver, id),
      reopen: (local) => driver.open(this.#transport, driver.machine.server, { tls: this.#tls(), local }),
    })
    this.#done.resolve(this.#relay)
  }

  #redirected(server: Endpoint, domain: string | undefined): void {
    const driver = this.#driver!
    this.#host = domain ?? this.#host // what its certificate has to be for (RFC 8489 section 10)
    driver.open(this.#transport, server, this.#link()).then(
      () => {
        driver.settle()
        driver.tell((machine, now) => machine.restart(server, now))
      },
      (error) => this.#fail(error),
    )
  }

  async #renew(why: 'ending' | 'refused'): Promise<void> {
    const driver = this.#driver!
    const asked = driver.tell((_, now) => now)
    try {
      const credentials = await this.#source(why)
      driver.tell((machine, now) => machine.renew(credentials, now, asked))
    } catch (error) {
      driver.tell((machine, now) => machine.notRenewed(now, error))
    }
  }

  async #join(driver: Driver, id: number): Promise<Socket> {
    const transport = this.#transport === 'tls' ? 'tls' : 'tcp'
    const socket = await openStream(transport, driver.machine.server, { tls: this.#tls() })
    return await joinPeer(socket, id, driver.machine.session)
  }

  #link(): LinkOptions {
    const { local, signal } = this.#options
    return { ...(local && { local }), ...(signal && { signal }), tls: this.#tls() }
  }

  #tls(): ConnectionOptions {
    return namedFor(this.#host, this.#options.tls)
  }

  /** Nobody answered; perhaps the system knows why. */
  #explained(error: Error | undefined): Error {
    const trouble = this.#driver?.link?.trouble
    const known = error ?? new Error('the server ended the connection')
    if (trouble !== undefined) known.cause ??= trouble
    return known
  }

  #fail(reason: unknown): void {
    this.#driver?.stop()
    this.#done.reject(reason)
  }
}

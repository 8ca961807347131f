import type { Socket } from 'node:dgram'
import { type Endpoint, sameEndpoint } from '../traffic/endpoint.ts'
import { type Letter, Mailbox } from '../traffic/mailbox.ts'
import { type Probe, parseProbe, printProbe } from './probe.ts'

/** What a peer got from the other one. */
export interface Heard {
  readonly from: Endpoint
  readonly probe: Probe
}

/**
 * One of two hosts that punch: sends probes to where the other is said to be, answers every probe to where it came
 * from, and takes that for another place to send to (a peer-reflexive candidate, RFC 8445 section 7.3.1.3).
 */
export class Peer extends Mailbox {
  readonly name: 'a' | 'b'
  readonly token: string
  /** In order of arrival. */
  readonly heard: Heard[] = []
  /** Sends that this host's own kernel refused. */
  readonly refused: string[] = []
  /** Resolves with where the first answer came from: packets get there, and back. */
  readonly answered: Promise<Endpoint>
  readonly #targets: Endpoint[] = []
  readonly #resolve: (path: Endpoint) => void
  #sent = 0
  #path: Endpoint | undefined

  /** @param socket bound already; closed with the peer */
  constructor(socket: Socket, name: 'a' | 'b', token: string) {
    super(socket)
    const { promise, resolve } = Promise.withResolvers<Endpoint>()
    this.name = name
    this.token = token
    this.answered = promise
    this.#resolve = resolve
  }

  /** Where it reaches the other, once it knows. */
  get path(): Endpoint | undefined {
    return this.#path
  }

  /** Datagrams sent to the other: probes and answers. */
  get sent(): number {
    return this.#sent
  }

  /** Where it sends probes: what it was told, and where probes came from. */
  get targets(): readonly Endpoint[] {
    return this.#targets
  }

  /** The other is said to be there. */
  aim(at: Endpoint): void {
    if (!this.#targets.some((known) => sameEndpoint(known, at))) this.#targets.push(at)
  }

  /** One probe to every target. The first one leaves before this returns to the event loop. */
  async probe(): Promise<void> {
    await Promise.all(this.#targets.map((target) => this.#say(target)))
  }

  /** What the other peer says is handled; everything else is a letter. */
  protected override deliver(letter: Letter): void {
    const probe = parseProbe(letter.payload)
    if (probe === undefined) super.deliver(letter)
    else if (probe.token === this.token && probe.from !== this.name) this.#hear({ from: letter.from, probe })
  }

  #hear(heard: Heard): void {
    const { from, probe } = heard
    this.heard.push(heard)
    this.aim(from)
    if (probe.answerTo === undefined) {
      void this.#say(from, from)
      return
    }
    this.#path ??= from
    this.#resolve(from)
  }

  async #say(to: Endpoint, answerTo?: Endpoint): Promise<void> {
    this.#sent += 1
    const { token, name } = this
    const said = { token, from: name, number: this.#sent, ...(answerTo !== undefined && { answerTo }) }
    try {
      await this.send(printProbe(said), to)
    } catch (error) {
      this.refused.push(String(error))
    }
  }
}

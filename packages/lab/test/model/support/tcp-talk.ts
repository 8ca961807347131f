import type { Endpoint } from '@sallyport/linux'
import type { ModelPacket, TcpFlags } from '../../../src/model/index.ts'

type Speaker = 'in' | 'out'

/** One connection of a sequence, so that both sides say what a TCP would: conntrack drops what none would say. */
export class TcpTalk {
  #opener: Speaker | undefined
  #simultaneous = false
  readonly #spoken = new Set<Speaker>()

  /** Flags of what a side says next; `bare`: a SYN without ACK where that is possible. */
  next(speaker: Speaker, bare: boolean): TcpFlags {
    const first = !this.#spoken.has(speaker)
    if (this.#simultaneous) return { syn: true, ack: true }
    if (speaker === (this.#opener ?? speaker)) {
      const answered = this.#spoken.size === 2
      return answered && !bare ? { ack: true } : { syn: true }
    }
    if (!first) return { ack: true }
    return { syn: true, ack: !bare }
  }

  /** Something arrived. */
  spoken(speaker: Speaker, { ack = false }: TcpFlags = {}): void {
    this.#opener ??= speaker
    if (speaker !== this.#opener && !this.#spoken.has(speaker) && !ack) this.#simultaneous = true
    this.#spoken.add(speaker)
  }
}

/** Connections by what either side knows of them: its own endpoint and the other's, as it sees it. */
export class TcpTalks {
  readonly #talks = new Map<string, TcpTalk>()

  find(source: Endpoint, destination: Endpoint): TcpTalk {
    return this.#talks.get(key(source, destination)) ?? new TcpTalk()
  }

  keep(talk: TcpTalk, sent: ModelPacket, arrived: ModelPacket): void {
    for (const [one, other] of [
      [sent.source, sent.destination],
      [arrived.destination, arrived.source],
    ] as const) {
      if (!this.#talks.has(key(one, other))) this.#talks.set(key(one, other), talk)
    }
  }
}

function key(one: Endpoint, other: Endpoint): string {
  return `${one.address}:${one.port} ${other.address}:${other.port}`
}

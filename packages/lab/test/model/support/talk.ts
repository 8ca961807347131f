import type { Endpoint } from '@sallyport/linux'
import {
  type ModelPacket,
  type ModelProtocol,
  NatModel,
  seeded,
  type TcpFlags,
  type Verdict,
} from '../../../src/model/index.ts'
import { type BehaviourOptions, behaviour } from '../../../src/nat/behaviour.ts'

/** 'ADDRESS:PORT' as an endpoint. */
export function at(text: string): Endpoint {
  const [address, port] = text.split(':')
  return { address: address!, port: Number(port) }
}

interface TalkOptions {
  readonly protocol?: ModelProtocol
  readonly external?: readonly string[]
}

/** A modelled NAT that is asked in text: endpoints as 'ADDRESS:PORT', verdicts as the endpoint that was put in. */
export class Talk {
  readonly nat: NatModel
  readonly #protocol: ModelProtocol
  now = 0

  constructor(options: BehaviourOptions = {}, { protocol = 'udp', external = ['203.0.113.1'] }: TalkOptions = {}) {
    this.nat = new NatModel(behaviour(options), { external }, seeded(7))
    this.#protocol = protocol
  }

  /** The source that the other side sees, or why it sees nothing. */
  out(inside: string, remote: string, flags?: TcpFlags): string {
    return said(this.nat.outbound(this.#packet(inside, remote, flags), this.now), 'source')
  }

  /** The inside endpoint that gets it, or why none does. */
  in(remote: string, external: string, flags?: TcpFlags): string {
    return said(this.nat.inbound(this.#packet(remote, external, flags), this.now), 'destination')
  }

  /** Lets seconds pass. */
  wait(seconds: number): this {
    this.now += 1000 * seconds
    return this
  }

  #packet(source: string, destination: string, flags?: TcpFlags): ModelPacket {
    return { protocol: this.#protocol, source: at(source), destination: at(destination), ...(flags && { flags }) }
  }
}

function said(verdict: Verdict, end: 'source' | 'destination'): string {
  if ('dropped' in verdict) return verdict.dropped
  const { address, port } = verdict.packet[end]
  return `${address}:${port}`
}

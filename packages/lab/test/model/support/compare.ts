import type { Endpoint } from '@sallyport/linux'
import { type ModelPacket, type ModelProtocol, NatModel, packetText, portPool } from '../../../src/model/index.ts'
import type { Behaviour } from '../../../src/nat/behaviour.ts'
import type { RawHouse, Tried } from './house.ts'
import { type PacketStep, PORTS, REMOTES } from './steps.ts'
import { type TcpTalk, TcpTalks } from './tcp-talk.ts'

/** One step, what the kernel did with its packet, and what the model did. */
export interface Row {
  readonly packet: string
  readonly kernel: string
  readonly model: string
}

/**
 * Sends a sequence through the kernel's router and through the model. What the kernel chooses at random is the
 * model's random choice too, if it is free there: so both agree to the last port, or one of them is wrong.
 */
export function compare(house: RawHouse, tried: Tried, protocol: ModelProtocol, steps: readonly PacketStep[]): Row[] {
  const run = new Run(house, tried, protocol)
  return steps.map((step, index) => run.step(step, index))
}

export function differs({ kernel, model }: Row): boolean {
  return kernel !== model
}

/** A table of what happened, the differences marked. */
export function show(rows: readonly Row[]): string {
  return rows
    .map((row) => {
      const { packet, kernel, model } = row
      return differs(row) ? `✗ ${packet}\n    kernel: ${kernel}\n    model:  ${model}` : `  ${packet}  →  ${kernel}`
    })
    .join('\n')
}

/** No host takes a packet with its own address that comes by a cable. */
function isFromItself({ source, destination }: ModelPacket): boolean {
  return source.address === destination.address
}

function shown(packet: ModelPacket, ambiguous: boolean): string {
  const { source } = packet
  return packetText(ambiguous ? { ...packet, source: { ...source, port: 0 } } : packet)
}

let runs = 0

/** A sequence that is under way, on the kernel and in the model. */
export class Run {
  readonly #house: RawHouse
  readonly #protocol: ModelProtocol
  readonly #model: NatModel
  readonly #choice: GuidedChoice
  readonly #seen = new Map<string, Endpoint>()
  readonly #talks = new TcpTalks()
  #talk: TcpTalk | undefined
  /** Inside and remote endpoint → the external port of their first flow. */
  readonly #ways = new Map<string, number>()
  readonly #id: string

  constructor(house: RawHouse, tried: Tried, protocol: ModelProtocol) {
    const { behaviour } = tried
    house.arrivals(0)
    house.reset(tried)
    runs += 1
    this.#id = `run-${runs}`
    this.#house = house
    this.#protocol = protocol
    this.#choice = new GuidedChoice(house.external, behaviour, protocol)
    this.#model = new NatModel(behaviour, house, () => this.#choice.next(), { streamAfter: 2000 })
  }

  step(step: PacketStep, index: number): Row {
    const packet: ModelPacket = { ...this.#packet(step), text: `${this.#id} step-${index}` }
    const sender = [...this.#house.inside, ...this.#house.outside].find(
      ({ address }) => address === packet.source.address,
    )!
    const now = performance.now()
    sender.send(packet)
    let arrived = this.#arrivals(packet, 1)
    this.#choice.guide(arrived[0]?.source)
    const verdict = step.do === 'in' ? this.#model.inbound(packet, now) : this.#model.outbound(packet, now)
    if ('packet' in verdict && !isFromItself(verdict.packet) && arrived.length === 0)
      arrived = this.#arrivals(packet, 50)
    if ('packet' in verdict && step.do !== 'in' && verdict.to === 'outside') {
      this.#seen.set(`${step.host} ${step.port}`, verdict.packet.source)
      const inside = `${packet.source.address}:${packet.source.port}`
      const way = `${inside} ${packet.destination.address}:${packet.destination.port}`
      if (!this.#ways.has(way)) this.#ways.set(way, verdict.packet.source.port)
    }
    if (this.#talk !== undefined && arrived[0] !== undefined) {
      this.#talk.spoken(step.do === 'in' ? 'in' : 'out', packet.flags)
      this.#talks.keep(this.#talk, packet, arrived[0])
    }
    this.#talk = undefined
    const model = 'packet' in verdict && !isFromItself(verdict.packet) ? verdict.packet : undefined
    const ambiguous = step.do === 'in' && model !== undefined && this.#isAmbiguous(packet, model)
    return {
      packet: packetText(packet),
      kernel: arrived.length === 0 ? 'dropped' : arrived.map((one) => shown(one, ambiguous)).join(' and '),
      model: model === undefined ? 'dropped' : shown(model, ambiguous),
    }
  }

  /** One remote endpoint, two external ones of the same inside one: the kernel changes the remote port (nat-model.ts). */
  #isAmbiguous({ source, destination }: ModelPacket, { destination: inside }: ModelPacket): boolean {
    const key = `${inside.address}:${inside.port} ${source.address}:${source.port}`
    const external = this.#ways.get(key) ?? destination.port
    this.#ways.set(key, external)
    return external !== destination.port
  }

  #arrivals(sent: ModelPacket, patience: number): ModelPacket[] {
    return this.#house
      .arrivals(patience)
      .map(({ packet }) => packet)
      .filter(({ text }) => text === sent.text)
  }

  #packet(step: PacketStep): ModelPacket {
    const protocol = this.#protocol
    const inside: Endpoint = { address: this.#house.inside[step.host].address, port: PORTS[step.port] }
    if (step.do === 'hairpin') {
      const flags = protocol === 'tcp' ? { syn: true } : {}
      return { protocol, source: inside, destination: this.#external(step.peer, step.peerPort), flags }
    }
    const [host, port] = REMOTES[step.do === 'out' ? step.to : step.from]
    const remote: Endpoint = { address: this.#house.outside[host]!.address, port: protocol === 'icmp-echo' ? 0 : port }
    const destination = step.do === 'out' ? remote : this.#external(step.host, step.port)
    const source = step.do === 'out' ? inside : remote
    if (protocol !== 'tcp') return { protocol, source, destination }
    this.#talk = this.#talks.find(source, destination)
    return { protocol, source, destination, flags: this.#talk.next(step.do, step.syn) }
  }

  #external(host: number, port: 0 | 1): Endpoint {
    return this.#seen.get(`${host} ${port}`) ?? { address: this.#house.external[0]!, port: PORTS[port] }
  }
}

/** The random numbers that make the model try first what the kernel has chosen. */
class GuidedChoice {
  readonly #external: readonly string[]
  readonly #pool: readonly [number, number]
  #seen: Endpoint | undefined
  #asked = 0

  constructor(external: readonly string[], behaviour: Behaviour, protocol: ModelProtocol) {
    const words = protocol === 'icmp-echo' ? 'blocked' : behaviour[protocol]
    this.#external = external
    this.#pool = words === 'blocked' ? [0, 65535] : portPool(words.ports) // echoes: any identifier
  }

  guide(seen: Endpoint | undefined): void {
    this.#seen = seen
    this.#asked = 0
  }

  next(): number {
    this.#asked += 1
    if (this.#seen === undefined) return 0
    if (this.#external.length > 1 && this.#asked === 1) {
      return (Math.max(0, this.#external.indexOf(this.#seen.address)) + 0.5) / this.#external.length
    }
    const [first, last] = this.#pool
    const place = (this.#seen.port - first + 0.5) / (last - first + 1)
    return place >= 0 && place < 1 ? place : 0
  }
}

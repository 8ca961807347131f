import type { Endpoint } from '@sallyport/linux'
import { type ModelPacket, type ModelProtocol, NatModel, packetText, type Verdict } from '../../../src/model/index.ts'
import { GuidedChoice } from './guided.ts'
import type { RawHouse, Tried } from './house.ts'
import { type PacketStep, PORTS, type Port, REMOTES, type Step } from './steps.ts'
import { type TcpTalk, TcpTalks } from './tcp-talk.ts'

/** One step, what the kernel did with its packet, and what the model did. */
export interface Row {
  readonly packet: string
  readonly kernel: string
  readonly model: string
}

export interface RunOptions {
  /** Of steps that name none; default udp. */
  readonly protocol?: ModelProtocol
  /** The time as the model is to see it, in ms, beside what elapses at once; default: that of the machine. */
  readonly clock?: () => number
  /** Milliseconds after which a packet counts as dropped, default 1: the kernel is done when `send` returns. */
  readonly patience?: number
}

/**
 * Sends a sequence through the kernel's router and through the model. What the kernel chooses at random is the
 * model's random choice too, if it is free there: so both agree to the last port, or one of them is wrong.
 */
export function compare(house: RawHouse, tried: Tried, steps: readonly Step[], options: RunOptions = {}): Row[] {
  const run = new Run(house, tried, options)
  return steps.flatMap((step, index) => run.step(step, index))
}

/** As {@link compare}; what differs counts when it does so three times: a machine that is busy may be late, or lose count. */
export function compareAgain(house: RawHouse, tried: Tried, steps: readonly Step[], options: RunOptions = {}): Row[] {
  for (let tries = 0; tries < 2; tries += 1) {
    const rows = compare(house, tried, steps, options)
    if (!rows.some(differs)) return rows
  }
  return compare(house, tried, steps, { patience: 50, ...options })
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
  readonly #id: string
  /** Milliseconds that have passed for both at once. */
  #elapsed = 0
  readonly #clock: () => number
  readonly #patience: number

  constructor(house: RawHouse, tried: Tried, options: RunOptions = {}) {
    const { behaviour } = tried
    const { protocol = 'udp', clock = () => performance.now(), patience = 1 } = options
    this.#patience = patience
    house.arrivals(0)
    house.reset(tried)
    runs += 1
    this.#id = `run-${runs}`
    this.#house = house
    this.#protocol = protocol
    this.#clock = clock
    this.#choice = new GuidedChoice(house.external, behaviour)
    this.#model = new NatModel(behaviour, house, () => this.#choice.next(), { streamAfter: 2000 })
  }

  step(step: Step, index: number): Row[] {
    if (step.do === 'wait') throw new RangeError('who waits does so between two steps')
    if (step.do !== 'elapse') return [this.#packetStep(step, index)]
    this.#house.elapse(step.seconds)
    this.#elapsed += 1000 * step.seconds
    return [{ packet: `${step.seconds} s`, kernel: 'pass', model: 'pass' }]
  }

  #packetStep(step: PacketStep, index: number): Row {
    const packet: ModelPacket = { ...this.#packet(step), text: `${this.#id} step-${index}` }
    const sender = [...this.#house.inside, ...this.#house.outside].find(
      ({ address }) => address === packet.source.address,
    )!
    const now = this.#clock() + this.#elapsed
    sender.send(packet)
    let arrived = this.#arrivals(packet, this.#patience)
    this.#choice.guide(packet, step.do, arrived[0]?.source)
    const verdict = step.do === 'in' ? this.#model.inbound(packet, now) : this.#model.outbound(packet, now)
    const model = 'packet' in verdict && !isFromItself(verdict.packet) ? verdict.packet : undefined
    if (model !== undefined && arrived.length === 0) arrived = this.#arrivals(packet, 50)
    this.#remember(step, packet, verdict, arrived[0])
    return {
      packet: packetText(packet),
      kernel: arrived.length === 0 ? 'dropped' : arrived.map(packetText).join(' and '),
      model: model === undefined ? 'dropped' : packetText(model),
    }
  }

  /** What later packets are to be sent to, and with which flags. */
  #remember(step: PacketStep, packet: ModelPacket, verdict: Verdict, arrived: ModelPacket | undefined): void {
    if ('packet' in verdict && step.do !== 'in' && verdict.to === 'outside')
      this.#seen.set(`${packet.protocol} ${step.host} ${step.port}`, verdict.packet.source)
    if (this.#talk !== undefined && arrived !== undefined) {
      this.#talk.spoken(step.do === 'in' ? 'in' : 'out', packet.flags)
      this.#talks.keep(this.#talk, packet, arrived)
    }
    this.#talk = undefined
  }

  #arrivals(sent: ModelPacket, patience: number): ModelPacket[] {
    return this.#house
      .arrivals(patience)
      .map(({ packet }) => packet)
      .filter(({ text }) => text === sent.text)
  }

  #packet(step: PacketStep): ModelPacket {
    const protocol = step.protocol ?? this.#protocol
    const inside: Endpoint = { address: this.#house.inside[step.host].address, port: PORTS[step.port] }
    if (step.do === 'hairpin') {
      const flags = protocol === 'tcp' ? { syn: true } : {}
      return { protocol, source: inside, destination: this.#external(protocol, step.peer, step.peerPort), flags }
    }
    const [host, port] = REMOTES[step.do === 'out' ? step.to : step.from]
    const remote: Endpoint = { address: this.#house.outside[host]!.address, port: protocol === 'icmp-echo' ? 0 : port }
    const destination = step.do === 'out' ? remote : this.#external(protocol, step.host, step.port)
    const source = step.do === 'out' ? inside : remote
    if (protocol !== 'tcp') return { protocol, source, destination }
    this.#talk = this.#talks.find(source, destination)
    return { protocol, source, destination, flags: this.#talk.next(step.do, step.syn) }
  }

  #external(protocol: ModelProtocol, host: number, port: Port): Endpoint {
    const unseen = { address: this.#house.external[0]!, port: PORTS[port] }
    return this.#seen.get(`${protocol} ${host} ${port}`) ?? unseen
  }
}

import type { Endpoint } from '@sallyport/linux'
import { type ModelPacket, neighbours, type PortPool, portPool } from '../../../src/model/index.ts'
import { type Behaviour, preservesPort } from '../../../src/nat/behaviour.ts'
import type { PacketStep } from './steps.ts'

/** The random numbers that make the model try first what the kernel has chosen. */
export class GuidedChoice {
  readonly #external: readonly string[]
  readonly #behaviour: Behaviour
  #pool: PortPool = [0, 65535]
  #seen: Endpoint | undefined
  #asked = 0
  /** Does an external address come before the port? */
  #address = false

  constructor(external: readonly string[], behaviour: Behaviour) {
    this.#external = external
    this.#behaviour = behaviour
  }

  /** `seen`: the source of the packet, as it arrived. */
  guide(packet: ModelPacket, way: PacketStep['do'], seen: Endpoint | undefined): void {
    const enters = way === 'in' || (way === 'hairpin' && this.#behaviour.hairpin === 'internal-source')
    this.#pool = enters ? neighbours(packet.source.port) : this.#poolOf(packet)
    this.#address = this.#external.length > 1 && !enters
    this.#seen = seen
    this.#asked = 0
  }

  next(): number {
    this.#asked += 1
    if (this.#seen === undefined) return 0
    if (this.#address && this.#asked === 1) {
      return (Math.max(0, this.#external.indexOf(this.#seen.address)) + 0.5) / this.#external.length
    }
    const [first, last] = this.#pool
    const place = (this.#seen.port - first + 0.5) / (last - first + 1)
    return place >= 0 && place < 1 ? place : 0
  }

  #poolOf({ protocol, source }: ModelPacket): PortPool {
    const words = protocol === 'icmp-echo' ? 'blocked' : this.#behaviour[protocol]
    if (words === 'blocked') return [0, 65535] // echoes: any identifier
    return words.overloading && preservesPort(words.ports) ? neighbours(source.port) : portPool(words.ports)
  }
}

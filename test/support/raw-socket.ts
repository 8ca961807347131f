import type { LabNode } from '@sallyport/lab'
import { close, IPPROTO_RAW, readable, SOCK_RAW, sendTo, socketIn, take } from './system.ts'

/** A raw IPv4 socket of a node: sends whole packets, IP header included, and receives those of one protocol. */
export class RawSocket implements Disposable {
  readonly #out: number
  readonly #in: number
  #closed = false

  /** @param protocol number of the protocol to listen to, such as IPPROTO_ICMP */
  constructor(node: LabNode, protocol: number) {
    this.#out = socketIn(node, { type: SOCK_RAW, protocol: IPPROTO_RAW }) // implies IP_HDRINCL, raw(7)
    this.#in = socketIn(node, { type: SOCK_RAW, protocol })
  }

  send(packet: Uint8Array): void {
    sendTo(this.#out, packet, packet.subarray(16, 20).join('.'))
  }

  /** The first packet that `wanted` accepts, from its IP header on; undefined when none came in time (milliseconds). */
  async receive(wanted: (packet: Uint8Array) => boolean, within = 3000): Promise<Uint8Array | undefined> {
    const end = performance.now() + within
    for (;;) {
      for (let packet = take(this.#in); packet !== undefined; packet = take(this.#in)) if (wanted(packet)) return packet
      const left = end - performance.now()
      if (left <= 0) return undefined
      await readable(this.#in, Math.ceil(left))
    }
  }

  [Symbol.dispose](): void {
    if (this.#closed) return
    this.#closed = true
    close(this.#out)
    close(this.#in)
  }
}

import type { Socket } from 'node:dgram'
import { once } from 'node:events'
import { NetworkNamespace, Route, udpSocket, writeSysctl } from '@sallyport/linux'
import type { DirectionOptions } from '../../../src/link/index.ts'
import { type Cable, Wire } from '../../../src/wire/index.ts'
import { impairment } from './impairment.ts'

export const ADDRESS = { a: '10.0.0.1', b: '10.0.0.2' } as const
export const ADDRESS6 = { a: '2001:db8::1', b: '2001:db8::2' } as const

/** Links with less have no IPv6 (RFC 8200 section 5). */
const IPV6_MTU = 1280

export interface SpanOptions {
  readonly aToB?: DirectionOptions
  readonly bToA?: DirectionOptions
  readonly mtu?: number
  readonly seed?: number
  /** Default: without. A machine with IPv6 says so by itself, and what tests count are the frames that they send. */
  readonly ipv6?: boolean
}

/** Two machines, a and b, with one cable between them: 10.0.0.1 and .2, where asked for 2001:db8::1 and ::2. */
export class Span implements AsyncDisposable {
  readonly wire: Wire
  readonly cable: Cable
  readonly a: NetworkNamespace = NetworkNamespace.create()
  readonly b: NetworkNamespace = NetworkNamespace.create()
  readonly #ipv6: boolean
  readonly #mtu: number
  readonly #closing: (() => void)[] = []

  private constructor({ aToB, bToA, mtu = 1500, seed = 1, ipv6 = false }: SpanOptions) {
    this.#ipv6 = ipv6
    this.#mtu = mtu
    this.wire = Wire.open({ seed })
    this.cable = this.wire.plug({
      name: 'cable',
      a: { namespace: this.a, interface: 'eth0', mtu },
      b: { namespace: this.b, interface: 'eth0', mtu },
      aToB: impairment(aToB),
      bToA: impairment(bToA),
    })
  }

  /** Resolves when the cable carries. */
  static async open(options: SpanOptions = {}): Promise<Span> {
    const span = new Span(options)
    for (const end of ['a', 'b'] as const) span.#configure(end)
    for (const end of ['a', 'b'] as const) {
      using route = Route.open({ namespace: span[end] })
      await route.running('eth0')
    }
    span.#introduce()
    await span.wire.ready()
    return span
  }

  #configure(end: 'a' | 'b'): void {
    if (this.#mtu >= IPV6_MTU) this[end].run(() => this.#configureIpv6())
    using route = Route.open({ namespace: this[end] })
    route.setLink('eth0', { up: true })
    route.addAddress('eth0', `${ADDRESS[end]}/24`)
    if (this.#ipv6) route.addAddress('eth0', `${ADDRESS6[end]}/64`)
  }

  #configureIpv6(): void {
    writeSysctl('net.ipv6.conf.eth0.disable_ipv6', this.#ipv6 ? '0' : '1')
    writeSysctl('net.ipv6.conf.eth0.accept_dad', '0')
  }

  /** Nobody has to ask for hardware addresses: those would be frames, too. */
  #introduce(): void {
    for (const [end, other] of [
      ['a', 'b'],
      ['b', 'a'],
    ] as const) {
      using route = Route.open({ namespace: this[end] })
      using there = Route.open({ namespace: this[other] })
      const hardwareAddress = there.link('eth0').hardwareAddress!
      route.addNeighbour({ dev: 'eth0', address: ADDRESS[other], hardwareAddress })
    }
  }

  /** A datagram socket that is closed with this. */
  async udp(end: 'a' | 'b', options: { readonly port?: number; readonly address?: string } = {}): Promise<Socket> {
    const socket = await udpSocket({ ...options, namespace: this[end] })
    this.#closing.push(() => socket.close())
    return socket
  }

  /** Calls something when this is closed. */
  defer(close: () => void): void {
    this.#closing.push(close)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const close of this.#closing) close()
    await this.wire[Symbol.asyncDispose]()
    this.a[Symbol.dispose]()
    this.b[Symbol.dispose]()
  }
}

/** Answers every datagram with itself. */
export async function echo(span: Span, end: 'a' | 'b', port: number, address = '0.0.0.0'): Promise<void> {
  const socket = await span.udp(end, { port, address })
  socket.on('message', (bytes, from) => socket.send(bytes, from.port, from.address))
}

/** Milliseconds of so many round trips, one after the other, sorted. */
export async function roundTrips(socket: Socket, to: string, port: number, count = 50): Promise<number[]> {
  const times: number[] = []
  for (let n = 0; n < count; n += 1) {
    const start = performance.now()
    const answer = once(socket, 'message')
    socket.send(`${n}`, port, to)
    await answer
    times.push(performance.now() - start)
  }
  return times.toSorted((a, b) => a - b)
}

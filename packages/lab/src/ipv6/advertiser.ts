import { type NetworkNamespace, PacketSocket, Route, SystemError } from '@sallyport/linux'
import {
  decodeFrame,
  ETHERTYPE_IPV6,
  encodeEthernet,
  encodeIcmp6,
  encodeIp,
  icmp6Type,
  PROTOCOL_ICMPV6,
} from '../packet/index.ts'
import { type Advertisement, advertisementBody, advertisementHead } from './advertisement.ts'

const ALL_NODES = { address: 'ff02::1', hardware: '33:33:00:00:00:01' }

/**
 * Router advertisements on one link of a router (RFC 4861 section 6.2): once at the start, whenever something changed,
 * and in answer to solicitations. There is no periodic one: a lab's hosts do not forget within its life.
 */
export class Advertiser implements AsyncDisposable {
  readonly #socket: PacketSocket
  readonly #link: number
  readonly #from: { readonly address: string; readonly hardware: string }
  readonly #answering: Promise<void>
  #advertisement: Omit<Advertisement, 'hardwareAddress'>

  private constructor(
    socket: PacketSocket,
    link: number,
    from: { readonly address: string; readonly hardware: string },
    advertisement: Omit<Advertisement, 'hardwareAddress'>,
  ) {
    this.#socket = socket
    this.#link = link
    this.#from = from
    this.#advertisement = advertisement
    this.#answering = this.#answer()
  }

  /** Starts advertising. The link has to be up, since an advertisement comes from its link-local address. */
  static async start(
    { namespace, link: name }: { readonly namespace: NetworkNamespace; readonly link: string },
    advertisement: Omit<Advertisement, 'hardwareAddress'>,
  ): Promise<Advertiser> {
    using route = Route.open({ namespace })
    const { index, hardwareAddress } = route.link(name)
    const local = await route.addressed((each) => each.link === name && each.address.startsWith('fe80:'))
    const socket = PacketSocket.open({ namespace, link: index, protocol: ETHERTYPE_IPV6 })
    const from = { address: local.address.split('/')[0]!, hardware: hardwareAddress! }
    const advertiser = new Advertiser(socket, index, from, advertisement)
    advertiser.advertise()
    return advertiser
  }

  /** A different one from now on, for who asks. */
  change(change: Partial<Omit<Advertisement, 'hardwareAddress'>>): void {
    this.#advertisement = { ...this.#advertisement, ...change }
  }

  /** Sends an advertisement to all hosts now; with `change`, a different one from now on. */
  advertise(change: Partial<Omit<Advertisement, 'hardwareAddress'>> = {}): void {
    this.change(change)
    const advertisement = { ...this.#advertisement, hardwareAddress: this.#from.hardware }
    const addresses = { source: this.#from.address, destination: ALL_NODES.address }
    const head = advertisementHead(advertisement)
    const message = encodeIcmp6(addresses, icmp6Type.routerAdvertisement, 0, head, advertisementBody(advertisement))
    const payload = encodeIp({ ...addresses, protocol: PROTOCOL_ICMPV6, ttl: 255 }, message) // 255: not forwarded
    const frame = { source: this.#from.hardware, destination: ALL_NODES.hardware, type: ETHERTYPE_IPV6, payload }
    const bytes = encodeEthernet(frame)
    // A second time: of a link that was down once the socket says so to who comes first. One that is down has no listeners.
    if (!whenUp(() => this.#socket.send(bytes, this.#link))) whenUp(() => this.#socket.send(bytes, this.#link))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket[Symbol.dispose]()
    await this.#answering
  }

  async #answer(): Promise<void> {
    while (await this.#socket.wait()) if (this.#isSolicited()) this.advertise()
  }

  #isSolicited(): boolean {
    let solicited = false
    whenUp(() =>
      this.#socket.receive((frame, { direction }) => {
        solicited ||= direction === 'in' && isSolicitation(frame)
      }),
    )
    return solicited
  }
}

/** False when the link is down, or has been: it may come up again, and the socket goes on. */
function whenUp(use: () => unknown): boolean {
  try {
    use()
    return true
  } catch (error) {
    if (error instanceof SystemError && error.code === 'ENETDOWN') return false
    throw error
  }
}

/** RFC 4861 section 6.1.1. */
function isSolicitation(frame: Uint8Array): boolean {
  const packet = decodeFrame(frame)
  if (packet?.ttl !== 255 || packet.transport?.kind !== 'icmp') return false
  return packet.family === 6 && packet.transport.type === icmp6Type.routerSolicitation
}

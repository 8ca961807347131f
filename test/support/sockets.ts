import dgram from 'node:dgram'
import { once } from 'node:events'
import { type Endpoint, type LabNode, Mailbox } from '@sallyport/lab'
import { IPPROTO_ICMP, IPPROTO_ICMPV6, type NewSocket, SOCK_DGRAM, socketIn } from './system.ts'

/** A mailbox whose socket was made by hand, and its descriptor for further options. */
export interface MadeByHand extends AsyncDisposable {
  readonly box: Mailbox
  readonly fd: number
}

/** A datagram socket with options that dgram does not know. Closed with the mailbox. */
export async function datagramSocket(node: LabNode, options: Omit<NewSocket, 'type'>): Promise<MadeByHand> {
  const fd = socketIn(node, { bind: {}, ...options, type: SOCK_DGRAM })
  const socket = dgram.createSocket(options.family === 6 ? 'udp6' : 'udp4')
  const listening = once(socket, 'listening')
  socket.bind({ fd, exclusive: true })
  await listening
  const box = new Mailbox(socket)
  return { box, fd, [Symbol.asyncDispose]: () => box.close() }
}

/** Only a connected socket is told of ICMP errors and of the path's MTU. */
export function connected({ socket }: Mailbox, to: Endpoint): Promise<void> {
  return new Promise((resolve, reject) =>
    socket.connect(to.port, to.address, (error?: Error) => (error ? reject(error) : resolve())),
  )
}

/** Sends on a connected socket; rejects with the error that the kernel holds ready. */
export function sendConnected({ socket }: Mailbox, payload: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => socket.send(payload, (error) => (error ? reject(error) : resolve())))
}

const ECHO_REQUEST = 8
const ECHO_REQUEST_V6 = 128

/** A host that pings with an identifier of its choice: an ICMP socket of the kernel's, which answers are sorted to. */
export class Pinger implements AsyncDisposable {
  readonly #box: Mailbox
  readonly #type: number
  #sequence = 0

  private constructor(box: Mailbox, type: number) {
    this.#box = box
    this.#type = type
  }

  /** @param id default: what the kernel chooses */
  static async open(node: LabNode, { id = 0, family = 4 }: { id?: number; family?: 4 | 6 } = {}): Promise<Pinger> {
    node.sysctl('net.ipv4.ping_group_range', '0 0') // who may open such sockets; for both families
    const protocol = family === 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6
    const { box } = await datagramSocket(node, { protocol, family, bind: { port: id } })
    return new Pinger(box, family === 4 ? ECHO_REQUEST : ECHO_REQUEST_V6)
  }

  /** Pings until an answer with this very text comes; false when none came to so many pings, a quarter second apart. */
  async ping(address: string, text: string, attempts = 8): Promise<boolean> {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      this.#sequence += 1
      // The kernel fills in checksum and identifier.
      const message = Buffer.from([this.#type, 0, 0, 0, 0, 0, 0, this.#sequence, ...Buffer.from(text)])
      await this.#box.send(message, { address, port: 1 })
      const answers = ({ payload }: { payload: Buffer }): boolean => payload.subarray(8).toString() === text
      if ((await this.#box.tryReceive({ where: answers, within: 250 })) !== undefined) return true
    }
    return false
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#box.close()
  }
}

import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:dgram'
import { once } from 'node:events'
import { type SocketOptions, SystemError, tcpConnect, udpSocket } from '@sallyport/linux'
import type { Endpoint } from '../stun/index.ts'
import { type DiscoveryOptions, discovery } from './discovery.ts'
import { noneReached, type Unreached } from './error.ts'
import { type Effect, Machine } from './machine.ts'
import type { NatReport } from './report.ts'
import type { Knocked, OpenOptions } from './script.ts'

export interface DiscoverOptions extends DiscoveryOptions {
  /** Where the sockets live; default: the namespace of the calling thread. */
  readonly namespace?: SocketOptions['namespace']
  /** Milliseconds between two new requests; default 100 (RFC 5780 section 5). */
  readonly spacing?: number
  /** Told what is being done, in words. */
  readonly say?: (text: string) => void
}

/** Finds out about the NAT between this machine and the servers. Throws DiscoveryError when none can be reached. */
export async function discoverNat(options: DiscoverOptions): Promise<NatReport> {
  const found = await new Discovery(options).run()
  if ('mapping' in found) return found
  throw noneReached(found)
}

/** Milliseconds that an answer by TCP is waited for. */
const KNOCK = 2000

type Found = NatReport | readonly Unreached[]

/** The machine on sockets of this process. */
class Discovery {
  readonly #options: DiscoverOptions
  readonly #machine: Machine<Found>
  readonly #sockets = new Map<number, Socket>()
  readonly #done = Promise.withResolvers<Found>()
  #timer: NodeJS.Timeout | undefined

  constructor(options: DiscoverOptions) {
    this.#options = options
    this.#machine = new Machine(discovery(options), randomBytes, performance.now(), options.spacing)
  }

  async run(): Promise<Found> {
    try {
      this.#turn()
      return await this.#done.promise
    } finally {
      clearTimeout(this.#timer)
      for (const socket of this.#sockets.values()) socket.close()
    }
  }

  /** Does what is due, and sets the clock for what comes next. */
  #turn(): void {
    for (const effect of this.#machine.poll(performance.now())) this.#do(effect)
    const { deadline } = this.#machine
    clearTimeout(this.#timer)
    if (deadline === undefined) return
    const pause = Math.max(0, Math.ceil(deadline - performance.now()))
    this.#timer = setTimeout(() => this.#turn(), pause)
  }

  #do(effect: Effect<Found>): void {
    if (effect.kind === 'say') this.#options.say?.(effect.text)
    else if (effect.kind === 'done') this.#done.resolve(effect.result)
    else if (effect.kind === 'open') void this.#open(effect.socket, effect.options).catch(this.#done.reject)
    else if (effect.kind === 'knock') void this.#knock(effect.to).catch(this.#done.reject)
    else this.#send(effect)
  }

  async #open(number: number, options: OpenOptions): Promise<void> {
    const socket = await this.#tryOpen(options)
    if (socket !== undefined) this.#listen(number, socket)
    this.#machine.opened(number, socket?.address(), performance.now())
    this.#turn()
  }

  async #knock(to: Endpoint): Promise<void> {
    this.#machine.knocked(await knocked(to, this.#options.namespace), performance.now())
    this.#turn()
  }

  async #tryOpen({ address, port, connect }: OpenOptions): Promise<Socket | undefined> {
    const any = connect?.address.includes(':') ? '::' : '0.0.0.0'
    try {
      const socket = await udpSocket({ namespace: this.#options.namespace, address: address ?? any, port })
      if (connect !== undefined) await connected(socket, connect.port, connect.address)
      return socket
    } catch (error) {
      // An address that is not here, a port that is taken, no way to the server: that is a result.
      if (error instanceof SystemError || (error as NodeJS.ErrnoException).syscall === 'connect') return undefined
      throw error
    }
  }

  #listen(number: number, socket: Socket): void {
    this.#sockets.set(number, socket)
    socket.on('message', (bytes, { address, port }) => {
      this.#machine.handle(bytes, number, { address, port }, performance.now())
      this.#turn()
    })
    socket.on('error', (error) => this.#troubled(number, error))
  }

  #send({ socket: number, to, bytes }: Extract<Effect<Found>, { kind: 'send' }>): void {
    const socket = this.#sockets.get(number)!
    const done = (error: Error | null): void => {
      if (error !== null) this.#troubled(number, error)
    }
    if (isConnected(socket)) socket.send(bytes, done)
    else socket.send(bytes, to.port, to.address, done)
  }

  #troubled(number: number, { code }: NodeJS.ErrnoException): void {
    const why = code === undefined ? undefined : refusals[code]
    if (why === undefined) return
    this.#machine.refused(number, why, performance.now())
    this.#turn()
  }
}

/** What ICMP errors become (`icmp_err_convert` of the kernel); other errors are as good as a packet that got lost. */
const refusals: Readonly<Record<string, 'no listener' | 'forbidden'>> = {
  ECONNREFUSED: 'no listener', // port unreachable
  EHOSTUNREACH: 'forbidden', // administratively prohibited
  EPERM: 'forbidden', // our own firewall
}

function isConnected(socket: Socket): boolean {
  try {
    socket.remoteAddress()
    return true
  } catch {
    return false // the only way in which dgram tells
  }
}

/** Rejects when there is no way there. */
async function connected(socket: Socket, port: number, address: string): Promise<void> {
  const done = once(socket, 'connect')
  socket.connect(port, address)
  try {
    await done
  } catch (error) {
    socket.close()
    throw error
  }
}

async function knocked(to: Endpoint, namespace: SocketOptions['namespace']): Promise<Knocked> {
  try {
    const socket = await tcpConnect({ to, namespace, timeout: KNOCK })
    socket.destroy()
    return 'accepted'
  } catch (error) {
    if (error instanceof SystemError) return error.code === 'ECONNREFUSED' ? 'refused' : 'silence'
    throw error
  }
}

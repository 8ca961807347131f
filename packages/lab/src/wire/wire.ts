import { FrameSocket, NetworkNamespace, Route, writeSysctl } from '@sallyport/linux'
import type { Impairment } from '../link/index.ts'
import { Cable, type CableOptions, type PluggedEnd, type WireEnd } from './cable.ts'
import type { Happening } from './message.ts'
import { segmentsAtOnce } from './segments.ts'
import { ThreadOwner } from './thread-owner.ts'

export interface WireOptions {
  /** With the names of cables, what all random choices depend on. Any number; default 0. */
  readonly seed?: number | undefined
  /** Told when the thread has ended by an error and nobody waited for it; default: the error is thrown, uncaught. */
  readonly onFailure?: ((error: Error) => void) | undefined
}

export type HappeningListener = (happening: Happening) => void

/** The longest frame that a veth link takes: it does not care what the other end's MTU is. */
const LARGEST_MTU = 65_535

/**
 * Cables with a way of their own: what enters at one end is delayed, lost, doubled, damaged or held up as asked for
 * before it leaves at the other. The kernel needs no netem: each end is a veth link whose far end lies in a namespace
 * that nobody else sees, and one thread carries the frames across.
 *
 * A wire without cables, or without traffic, costs nothing but memory (16 MiB of the kernel's).
 */
export class Wire implements AsyncDisposable {
  readonly #namespace: NetworkNamespace
  readonly #route: Route
  readonly #socket: FrameSocket
  readonly #thread: ThreadOwner
  readonly #listeners = new Set<HappeningListener>()
  #ends = 0
  #cables = 0
  #disposed: Promise<void> | undefined

  private constructor(namespace: NetworkNamespace, { seed = 0, onFailure = uncaught }: WireOptions) {
    this.#namespace = namespace
    namespace.run(() => {
      for (const scope of ['all', 'default']) writeSysctl(`net.ipv6.conf.${scope}.disable_ipv6`, '1') // it would talk
    })
    this.#route = Route.open({ namespace })
    this.#socket = FrameSocket.open({ namespace })
    const { fd, slots } = this.#socket
    this.#thread = new ThreadOwner({
      seed,
      socket: { fd, slots },
      onHappening: (happening) => this.#tell(happening),
      onFailure,
    })
  }

  /** Needs the right to make namespaces, as a lab does. The thread starts in the background: see {@link ready}. */
  static open(options: WireOptions = {}): Wire {
    const namespace = NetworkNamespace.create()
    try {
      return new Wire(namespace, options)
    } catch (error) {
      namespace[Symbol.dispose]()
      throw error
    }
  }

  /**
   * Resolves when the thread runs (some 50 ms after {@link open}) and all cables plugged so far carry frames. What was
   * sent before is not lost: it waits until then, beyond what delay was asked for.
   */
  async ready(): Promise<void> {
    await this.#thread.ask({ kind: 'overruns' })
  }

  /** Makes both links; they exist, and are down, when it returns. Set them up, and they run. */
  plug({ name, a, b, aToB, bToA }: CableOptions): Cable {
    if (this.#disposed !== undefined) throw new Error('this wire has been disposed of')
    const ends = { a: this.#addEnd(a, aToB), b: this.#addEnd(b, bToA) }
    this.#cables += 1
    const number = this.#cables
    this.#thread.tell({ kind: 'plug', cable: number, plan: { name, a: ends.a.far, b: ends.b.far, aToB, bToA } })
    return new Cable({ name, number, ends, thread: this.#thread, route: this.#route })
  }

  /** Calls `listener` for every frame that is dropped, doubled, damaged or overtakes, until the result is disposed of. */
  watch(listener: HappeningListener): Disposable {
    if (this.#listeners.size === 0) this.#thread.tell({ kind: 'watch', on: true })
    const own: HappeningListener = (happening) => listener(happening)
    this.#listeners.add(own)
    return { [Symbol.dispose]: () => this.#unwatch(own) }
  }

  /** Frames that came faster than the thread could read them, and were lost without being asked to. */
  async overruns(): Promise<number> {
    return (await this.#thread.ask({ kind: 'overruns' })) as number
  }

  /** Ends the thread; nothing is carried any more, and the kernel removes all links in its own time. Idempotent. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#disposed ??= this.#dispose()
    return this.#disposed
  }

  async #dispose(): Promise<void> {
    await this.#thread.close()
    this.#socket[Symbol.dispose]()
    // All links at once go with their namespace; one after the other, each takes the kernel a tenth of a second.
    this.#route[Symbol.dispose]()
    this.#namespace[Symbol.dispose]()
  }

  #addEnd(wanted: WireEnd, sends: Impairment): PluggedEnd {
    const { namespace, interface: name, index: near, mtu = 1500, hardwareAddress } = wanted
    const end = `end${this.#ends}`
    this.#ends += 1
    const peer = { name, index: near, namespace, mtu, hardwareAddress, gsoMaxSegments: segmentsAtOnce(sends, mtu) }
    this.#route.addVeth({ name: end, up: true, mtu: LARGEST_MTU, peer })
    const { index, lower } = this.#route.link(end)
    return { far: index, near: lower!, namespace, mtu }
  }

  #unwatch(listener: HappeningListener): void {
    if (!this.#listeners.delete(listener) || this.#listeners.size > 0 || this.#disposed !== undefined) return
    this.#thread.tell({ kind: 'watch', on: false })
  }

  #tell(happening: Happening): void {
    for (const listener of this.#listeners) listener(happening)
  }
}

function uncaught(error: Error): void {
  throw error
}

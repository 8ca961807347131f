import { PacketSocket } from '@sallyport/linux'
import { addressesOf } from '../topology/index.ts'
import { Cables } from './cables.ts'
import { Crossings, type Explain } from './crossings.ts'
import { Detours } from './detours.ts'
import { openFile, type Sink } from './file.ts'
import type { SeenFrame } from './frame.ts'
import { Losses } from './losses.ts'
import { Missed } from './missed.ts'
import { Recorder } from './recorder.ts'
import { type LastOptions, Ring, renderFrames } from './ring.ts'
import type { CaptureSource } from './source.ts'

export interface CaptureOptions {
  /** A pcapng file to write; one that is there already is overwritten. */
  readonly file?: string | undefined
  /** Gets the bytes of such a file, piece by piece. */
  readonly write?: ((bytes: Uint8Array) => void) | undefined
  /** Whose cables; default: everybody's. */
  readonly nodes?: readonly string[] | undefined
  /** Bytes of each frame that are kept; default 262144 (all) for a file, 256 for memory only. */
  readonly snap?: number | undefined
  /** Frames of each cable that are kept in memory for {@link Capture.last}; default 32. */
  readonly keep?: number | undefined
  /** Milliseconds that a router may take, besides its links, before a packet counts as not forwarded; default 50. */
  readonly patience?: number | undefined
  /** Knows why a router did not forward a packet. */
  readonly explain?: Explain | undefined
}

const KEEP = 32
const ALL = 262_144
const HEADERS = 256
const RECEIVE_BUFFER = 32 << 20
const MILLISECOND = 1e6

/**
 * Records every frame on every cable of a lab from now on: one interface per cable, in both directions, with comments
 * where a router changed a packet or did not pass it on, and where a link lost one. Cables that are added meanwhile
 * get their interface when their first frame comes.
 */
export function capture(source: CaptureSource, options: CaptureOptions = {}): Capture {
  return new Capture(source, options)
}

/** See {@link capture}. */
export class Capture implements AsyncDisposable {
  readonly #socket: PacketSocket
  readonly #cables: Cables
  readonly #detours: Detours
  readonly #crossings: Crossings
  readonly #losses: Losses
  readonly #missed: Missed
  readonly #ring: Ring
  readonly #recorder: Recorder | undefined
  readonly #listeners = new Set<(frame: SeenFrame) => void>()
  readonly #source: CaptureSource
  readonly #snap: number
  readonly #named = new Set<string>()
  readonly #running: Promise<void>
  #last = 0n
  #lost = 0
  #stopped: Promise<void> | undefined
  #failure: { readonly error: unknown } | undefined
  #isOver = false
  #confirming: Promise<void> | undefined

  constructor(source: CaptureSource, options: CaptureOptions) {
    const sink = sinkOf(options)
    this.#source = source
    this.#snap = options.snap ?? (sink === undefined ? HEADERS : ALL)
    this.#recorder = sink && new Recorder(sink, { snap: this.#snap, start: now() })
    this.#ring = new Ring(options.keep ?? KEEP)
    this.#detours = new Detours(() => source.topology)
    this.#crossings = new Crossings({ ...options, detour: (node) => this.#detours.of(node) })
    this.#cables = new Cables(source, options.nodes, (cable) => this.#recorder?.cable(cable))
    this.#losses = new Losses(source, this.#cables, this.#crossings, () => this.#drain())
    this.#socket = PacketSocket.open({ namespace: source.fabric.namespace, receiveBuffer: RECEIVE_BUFFER })
    this.#missed = new Missed(source, this.#cables)
    this.#look()
    this.#recorder?.flush()
    this.#running = this.#run().catch((error) => this.#fail(error))
  }

  /** Calls `listener` for every frame, when all is known about it, until the result is disposed of. */
  watch(listener: (frame: SeenFrame) => void): Disposable {
    const own = (frame: SeenFrame): void => listener(frame)
    this.#listeners.add(own)
    return { [Symbol.dispose]: () => void this.#listeners.delete(own) }
  }

  /** The last frames of each cable that are settled, in order. */
  last(options: LastOptions = {}): SeenFrame[] {
    return this.#ring.last(options)
  }

  /** {@link last} as text, a line for each. */
  render(options: LastOptions = {}): string {
    return renderFrames(this.last(options))
  }

  /** Resolves when also wires tell of every frame that they lose; everything else is recorded from the start. */
  ready(): Promise<void> {
    return this.#losses.ready()
  }

  /** Resolves when all frames sent so far are recorded, with what is known about them. */
  async settled(): Promise<void> {
    if (!this.#isOver) await this.#losses.ready()
    this.#drain()
    const until = this.#last
    while (!this.#isOver && (this.#crossings.oldest ?? until + 1n) <= until) {
      await (this.#confirming ?? pause(this.#patience() ?? 0))
      this.#drain()
    }
    if (this.#failure !== undefined) throw this.#failure.error
  }

  /**
   * How many frames came faster than this process reads, and are missing: what a router is said not to have forwarded
   * may be among them. 0 is what to expect but under heavy load.
   */
  missed(): number {
    if (this.#isOver) return this.#lost
    const counted = this.#missed.count()
    this.#drain()
    return sumOf(this.#missed.compare(counted))
  }

  /** Resolves when all frames sent so far are written and the file is closed; rejects when that failed. Idempotent. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  async #stop(): Promise<void> {
    try {
      const counted = this.#missed.count()
      await this.settled()
      const missed = this.#missed.compare(counted)
      this.#lost = sumOf(missed)
      this.#recorder?.finish(now(), missed)
    } finally {
      this.#isOver = true
      this.#losses[Symbol.dispose]()
      this.#socket[Symbol.dispose]()
      this.#recorder?.[Symbol.dispose]()
      await this.#running
    }
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      await this.#socket.wait(this.#patience())
      if (!this.#isOver) this.#drain()
    }
  }

  /** Nobody is waiting now: {@link settled} and {@link stop} tell. */
  #fail(error: unknown): void {
    this.#failure = { error }
    this.#isOver = true
  }

  /** Milliseconds until a frame that is held back is let go; undefined: none is. */
  #patience(): number | undefined {
    const { deadline } = this.#crossings
    return deadline === undefined ? undefined : Math.max(1, Math.ceil(Number(deadline - now()) / MILLISECOND))
  }

  /** Takes what has come, and hands on what is settled. */
  #drain(): void {
    if (this.#isOver) return
    this.#losses.refresh()
    let hasLooked = false
    this.#socket.receive((bytes, { link, direction }) => {
      if (!hasLooked) this.#look()
      hasLooked = true
      const cable = this.#cables.find(link)
      if (cable === undefined) return
      this.#missed.saw(link)
      const data = bytes.slice(0, this.#snap)
      const { number, end } = cable
      // What comes out of a cable into the switch is what the node sent.
      const way = direction === 'in' ? 'outbound' : 'inbound'
      const frame = { cable: number, end, direction: way, time: this.#tick(), data, length: bytes.length, comments: [] }
      this.#crossings.add(frame as SeenFrame, bytes)
    })
    if (this.#crossings.unconfirmed) this.#confirming ??= this.#confirm()
    this.#handOn(this.#crossings.take(now()))
  }

  /** Asks the wire whether it has told of all that it lost of what was seen so far. */
  async #confirm(): Promise<void> {
    const until = this.#last
    try {
      await this.#losses.ready()
      this.#crossings.confirm(until)
    } catch (error) {
      this.#fail(error)
    }
    this.#confirming = undefined
    this.#drain()
  }

  #handOn(frames: readonly SeenFrame[]): void {
    for (const frame of frames) {
      this.#ring.add(frame)
      this.#recorder?.frame(frame)
      for (const listener of this.#listeners) listener(frame)
    }
    this.#recorder?.flush()
  }

  /** New cables, how slow they are, and the names of new addresses. */
  #look(): void {
    this.#detours.refresh()
    if (!this.#cables.refresh()) return
    const names = this.#source.topology.nodes.flatMap((plan) =>
      addressesOf(plan).map((address) => ({ address, names: [plan.name] })),
    )
    const fresh = names.filter(({ address }) => !this.#named.has(address))
    for (const { address } of fresh) this.#named.add(address)
    this.#recorder?.names(fresh)
  }

  /** No two frames have the same time: sorting by it keeps their order. */
  #tick(): bigint {
    const time = now()
    this.#last = time > this.#last ? time : this.#last + 1n
    return this.#last
  }
}

function sinkOf({ file, write }: CaptureOptions): Sink | undefined {
  if (file !== undefined && write !== undefined)
    throw new TypeError('a capture goes to a file or to a function, not to both: leave one of file and write out')
  if (write !== undefined) return { write, [Symbol.dispose]: () => {} }
  return file === undefined ? undefined : openFile(file)
}

function sumOf(counts: ReadonlyMap<unknown, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0)
}

/** Nanoseconds since 1970, as steady as the monotonic clock. */
function now(): bigint {
  return BigInt(Math.round(performance.timeOrigin * MILLISECOND)) + BigInt(Math.round(performance.now() * MILLISECOND))
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

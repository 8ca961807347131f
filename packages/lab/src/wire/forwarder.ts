import { FrameBatch, FrameRing, VNET_HEADER } from '@sallyport/linux'
import type { Delivery, Verdict } from './channel.ts'
import { Clock, monotonic } from './clock.ts'
import { completeChecksum, type Frame, Frames, flipBit } from './frames.ts'
import { Lane } from './lane.ts'
import type { CableCounters, CablePlan, Direction, Happening, Order } from './message.ts'
import { Schedule } from './schedule.ts'
import { segmentsOf } from './segments.ts'

/** Bytes of frames that a wire holds at most: more is no network but a leak. What is too much is dropped as by a full queue. */
const MOST_HELD = 256 << 20
/** Frames that are read before those that are due are sent. */
const MOST_AT_ONCE = 128

interface Waiting {
  readonly frame: Frame
  /** Segments in it. */
  readonly count: number
  readonly lane: Lane
}

export type Watcher = (happening: Happening) => void

/** Takes frames out of the ring, asks their lane what becomes of them, and sends them when they are due. */
export class Forwarder implements Disposable {
  readonly #seed: number
  readonly #ring: FrameRing
  readonly #batch: FrameBatch
  readonly #clock = new Clock()
  readonly #frames = new Frames()
  readonly #sent: Frame[] = []
  readonly #waiting = new Schedule<Waiting>()
  /** By the link that frames come in by. */
  readonly #lanes = new Map<number, Lane>()
  readonly #cables = new Map<number, { readonly plan: CablePlan; readonly aToB: Lane; readonly bToA: Lane }>()
  #watcher: Watcher | undefined

  constructor(socket: { readonly fd: number; readonly slots: number }, seed: number) {
    this.#seed = seed
    this.#ring = new FrameRing(socket)
    this.#batch = new FrameBatch(socket.fd)
  }

  /** When the next frame is due; Infinity: none waits. */
  get deadline(): number {
    return this.#waiting.next
  }

  /** Takes some of what has come, and sends what is due. True: there may be more right away. */
  work(onStranger: () => void): boolean {
    this.#clock.read()
    let taken = 0
    while (taken < MOST_AT_ONCE && this.#ring.next()) {
      taken += 1
      this.#take(this.#clock.at(this.#ring.time), onStranger)
    }
    this.#sendDue(monotonic())
    return taken === MOST_AT_ONCE
  }

  /** Carries an order out; what it returns is the answer. */
  obey(order: Order): unknown {
    switch (order.kind) {
      case 'plug':
        return this.#plug(order.cable, order.plan)
      case 'change':
        return this.#change(order.cable, order.change)
      case 'counters':
        return this.#counters(order.cable)
      case 'unplug':
        return this.#unplug(order.cable)
      case 'overruns':
        return this.#ring.overruns
      case 'watch':
        throw new Error('watching is the matter of the thread')
    }
  }

  watch(watcher: Watcher | undefined): void {
    this.#watcher = watcher
  }

  #plug(cable: number, plan: CablePlan): void {
    const lane = (direction: Direction, to: number): Lane =>
      new Lane({ cable, name: plan.name, direction, to }, plan[direction], this.#seed)
    const [aToB, bToA] = [lane('aToB', plan.b), lane('bToA', plan.a)]
    this.#lanes.set(plan.a, aToB).set(plan.b, bToA)
    this.#cables.set(cable, { plan, aToB, bToA })
  }

  #change(cable: number, { aToB, bToA }: Extract<Order, { kind: 'change' }>['change']): void {
    const lanes = this.#cables.get(cable)
    if (aToB !== undefined) lanes?.aToB.change(aToB)
    if (bToA !== undefined) lanes?.bToA.change(bToA)
  }

  #counters(cable: number): CableCounters | undefined {
    const lanes = this.#cables.get(cable)
    return lanes && { aToB: lanes.aToB.counters, bToA: lanes.bToA.counters }
  }

  /** Returns its last counters. */
  #unplug(cable: number): CableCounters | undefined {
    const plugged = this.#cables.get(cable)
    if (plugged === undefined) return undefined
    for (const { frame, count, lane } of this.#waiting.remove(({ lane }) => lane.cable === cable)) {
      lane.counters.dropped.unplugged += count
      this.#frames.release(frame)
    }
    for (const end of [plugged.plan.a, plugged.plan.b]) this.#lanes.delete(end)
    this.#cables.delete(cable)
    return { aToB: plugged.aToB.counters, bToA: plugged.bToA.counters }
  }

  /** A frame from a link that nobody knows: it may be that the order to plug it is still unread. */
  #take(now: number, onStranger: () => void): void {
    if (!this.#lanes.has(this.#ring.link)) onStranger()
    const lane = this.#lanes.get(this.#ring.link)
    if (lane === undefined) return
    const { bytes, at, length } = this.#ring
    const segments = segmentsOf(bytes, at, length)
    const verdict = lane.offer(segments, now)
    if (this.#watcher !== undefined) this.#tell(lane, verdict)
    if ('dropped' in verdict) return
    for (const delivery of verdict.deliveries) this.#deliver(lane, segments.count, delivery)
  }

  #deliver(lane: Lane, count: number, { at, flipBit: bit }: Delivery): void {
    if (this.#frames.held >= MOST_HELD) {
      lane.counters.dropped.queue += count
      return
    }
    const { bytes, at: from, length } = this.#ring
    const frame = this.#frames.keep(bytes, from, length, lane.to)
    if (bit !== undefined) flipBit(frame.bytes.subarray(0, length), bit)
    this.#waiting.add(at, { frame, count, lane })
  }

  #sendDue(now: number): void {
    for (let due = this.#waiting.take(now); due !== undefined; due = this.#waiting.take(now)) {
      const { frame, count, lane } = due
      lane.counters.delivered += count
      this.#batch.add(frame.address, frame.length, frame.link)
      this.#sent.push(frame)
      if (this.#batch.isFull) this.#flush()
    }
    this.#flush()
  }

  #flush(): void {
    if (this.#batch.size > 0) this.#batch.flush()
    for (const frame of this.#sent.splice(0)) this.#frames.release(frame)
  }

  #tell({ name: cable, direction }: Lane, verdict: Verdict): void {
    const { time } = this.#ring
    for (const what of happeningsOf(verdict)) this.#watcher?.({ cable, direction, time, what, frame: this.#copy() })
  }

  /** The current frame by itself. */
  #copy(): Uint8Array {
    const { bytes, at, length } = this.#ring
    const copy = bytes.slice(at, at + length)
    completeChecksum(copy)
    return copy.slice(VNET_HEADER)
  }

  [Symbol.dispose](): void {
    this.#ring[Symbol.dispose]()
  }
}

function happeningsOf(verdict: Verdict): Happening['what'][] {
  if ('dropped' in verdict) return [verdict.dropped]
  return verdict.deliveries.flatMap(({ duplicate, reordered, flipBit }) => [
    ...(duplicate ? (['duplicate'] as const) : []),
    ...(reordered ? (['reorder'] as const) : []),
    ...(flipBit === undefined ? [] : (['corrupt'] as const)),
  ])
}

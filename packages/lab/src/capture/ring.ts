import { describeFrame } from './describe.ts'
import { cableName, type SeenFrame } from './frame.ts'

/** Which of the last frames. */
export interface LastOptions {
  /** How many at most, the newest; default: all that are kept. */
  readonly count?: number | undefined
  /** Only on cables of this node. */
  readonly node?: string | undefined
  readonly where?: ((frame: SeenFrame) => boolean) | undefined
}

/** The last frames of each cable, so that a chatty one does not push out what happened elsewhere. */
export class Ring {
  readonly #keep: number
  readonly #frames = new Map<number, { readonly frames: SeenFrame[]; next: number }>()

  /** @param keep frames of each cable */
  constructor(keep: number) {
    this.#keep = keep
  }

  add(frame: SeenFrame): void {
    if (this.#keep === 0) return
    const ring = this.#frames.get(frame.cable)
    if (ring === undefined) {
      this.#frames.set(frame.cable, { frames: [frame], next: 1 % this.#keep })
      return
    }
    ring.frames[ring.next] = frame
    ring.next = (ring.next + 1) % this.#keep
  }

  /** In the order in which they were seen. */
  last({ count, node, where = () => true }: LastOptions = {}): SeenFrame[] {
    const all = [...this.#frames.values()].flatMap(({ frames }) => frames)
    const wanted = all.filter((frame) => (node === undefined || frame.end.node === node) && where(frame))
    wanted.sort((a, b) => (a.time < b.time ? -1 : Number(a.time > b.time)))
    return count === undefined ? wanted : wanted.slice(-count)
  }
}

/** A line for each frame, times in milliseconds since the first, and what is known of it behind. */
export function renderFrames(frames: readonly SeenFrame[]): string {
  const [first] = frames
  const width = Math.max(...frames.map(({ end }) => cableName(end).length), 0)
  const line = ({ time, end, direction, data, comments }: SeenFrame): string => {
    const since = (Number(time - first!.time) / 1e6).toFixed(3).padStart(9)
    const arrow = direction === 'outbound' ? '→' : '←'
    const notes = comments.map((comment) => `  # ${comment}`).join('')
    return `${since} ms  ${cableName(end).padEnd(width)} ${arrow} ${describeFrame(data)}${notes}`
  }
  return frames.map((frame) => `${line(frame)}\n`).join('')
}

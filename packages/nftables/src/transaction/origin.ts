import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** How many frames are kept: those of this package come first, and the caller's is the one behind them. */
const FRAMES = 10

/** This package's own directory, whose frames are not the caller's. */
const here = dirname(import.meta.dirname)

/** A function of this package that others call. */
export type Entry = (...args: never[]) => unknown

/**
 * Where in the caller's program something was said. Taking it is cheap (two microseconds: the engine notes the frames
 * and no more); it becomes text only when an error has to name it.
 */
export class Origin {
  readonly stack?: string

  private constructor(entry: Entry | undefined) {
    const limit = Error.stackTraceLimit
    Error.stackTraceLimit = entry === undefined ? FRAMES : 1
    Error.captureStackTrace(this, entry ?? Origin)
    Error.stackTraceLimit = limit
  }

  /** `entry`: the function of this package that the caller has called, which has to be running. Saves half the time. */
  static here(entry?: Entry): Origin {
    return new Origin(entry)
  }

  /** `FILE:LINE:COLUMN` of the first caller outside this package; undefined when there is none. */
  get place(): string | undefined {
    const frames = String(this.stack).split('\n').slice(1)
    return frames.map(placeOf).find((place) => place !== undefined && !isOwn(place))
  }
}

/** The place in `at name (file:///program.ts:3:5)`; undefined for native frames. */
function placeOf(frame: string): string | undefined {
  const [, place] = /([^\s(]+:\d+:\d+)\)?$/.exec(frame) ?? []
  if (place === undefined || place.startsWith('node:')) return undefined
  return place.startsWith('file://') ? fromUrl(place) : place
}

function fromUrl(place: string): string {
  const [, url, position] = /^(.*?)(:\d+:\d+)$/.exec(place)!
  return `${fileURLToPath(url!)}${position}`
}

function isOwn(place: string): boolean {
  return place.startsWith(`${here}/`)
}

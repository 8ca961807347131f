import { capture } from '../capture/index.ts'
import { Observer, type ViewSource } from './observer.ts'
import { renderView } from './render.ts'

/** Where a view is drawn: `process.stdout`, or what is like it. */
export interface Screen {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
  write(text: string): unknown
}

export interface LiveViewOptions {
  /** Default: `process.stdout`. */
  readonly screen?: Screen | undefined
  readonly title?: string | undefined
  /** Milliseconds between two pictures; default 250. */
  readonly every?: number | undefined
  /** Default: unless the environment has NO_COLOR. */
  readonly color?: boolean | undefined
}

// xterm's control sequences: an extra screen, the cursor hidden; and back
const ENTER = '\x1b[?1049h\x1b[?25l'
const LEAVE = '\x1b[?25h\x1b[?1049l'
const HOME = '\x1b[H'
const REST_OF_LINE = '\x1b[K'
const REST_OF_SCREEN = '\x1b[J'
const EVERY = 250

/** Draws a lab on a terminal, again and again, until it is disposed of. Draws nothing where there is no terminal. */
export class LiveView implements AsyncDisposable {
  readonly #close: () => Promise<void>
  #closed: Promise<void> | undefined

  constructor(source: ViewSource, options: LiveViewOptions = {}) {
    const { screen = process.stdout } = options
    this.#close = screen.isTTY === true ? draw(source, screen, options) : () => Promise.resolve()
  }

  /** Gives the terminal back as it was. Idempotent. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }
}

function draw(source: ViewSource, screen: Screen, options: LiveViewOptions): () => Promise<void> {
  const { title, every = EVERY, color = (process.env.NO_COLOR ?? '') === '' } = options
  const seen = capture(source, { keep: 0 })
  const observer = new Observer(source, { title, capture: seen })
  const picture = (): void => {
    const { columns: width = 80, rows: height = 24 } = screen
    const lines = renderView(observer.observe(performance.now()), { width, height, color }).split('\n')
    screen.write(HOME + lines.map((line) => line + REST_OF_LINE).join('\r\n') + REST_OF_SCREEN)
  }
  screen.write(ENTER)
  picture()
  const timer = setInterval(picture, every)
  return async () => {
    clearInterval(timer)
    observer[Symbol.dispose]()
    screen.write(LEAVE)
    await seen.stop()
  }
}

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { program } from './command.ts'

export interface Event {
  readonly event: string
  readonly [field: string]: unknown
}

/** A server that was started by its command, and what it says with --json. */
export class Running implements AsyncDisposable {
  readonly events: Event[] = []
  readonly child: ChildProcess
  /** Resolves when it has ended and all that it said is here. */
  readonly exit: Promise<[code: number | null, signal: string | null]>
  stderr = ''
  /** What it said when it was. */
  ready: Event = { event: 'not yet' }
  #ended = false
  #heard: () => void = () => {}

  private constructor(child: ChildProcess) {
    this.child = child
    this.exit = once(child, 'close') as Promise<[number | null, string | null]>
    child.stderr!.on('data', (text) => {
      this.stderr += text
      this.#heard()
    })
    createInterface({ input: child.stdout! }).on('line', (line) => {
      this.events.push(JSON.parse(line))
      this.#heard()
    })
    this.exit.then(() => {
      this.#ended = true
      this.#heard()
    })
  }

  /** Resolves when it is ready; rejects with what it says when it ends before. */
  static async start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Running> {
    const options = { env: { ...process.env, ...env }, stdio: ['ignore' as const, 'pipe' as const, 'pipe' as const] }
    const running = new Running(spawn(process.execPath, [program, ...args, '--json'], options))
    running.ready = await running.next('ready')
    return running
  }

  /** The next event of that name from here on, or one that was not asked for yet. */
  async next(name: string): Promise<Event> {
    for (;;) {
      const index = this.events.findIndex(({ event }) => event === name)
      if (index >= 0) return this.events.splice(index, 1)[0]!
      await this.#more()
    }
  }

  /** Resolves when its standard error, another pipe than the events', has what fits. */
  async complains(what: RegExp): Promise<void> {
    while (!what.test(this.stderr)) await this.#more()
  }

  #more(): Promise<void> {
    if (this.#ended) throw new Error(`it ended: ${this.stderr}`)
    return new Promise((resolve) => {
      this.#heard = resolve
    })
  }

  /** Says what happened to it with that event. */
  async signal(signal: NodeJS.Signals, event: string): Promise<Event> {
    this.child.kill(signal)
    return await this.next(event)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null) this.child.kill('SIGTERM')
    await this.exit
  }
}

export interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the command to its end: for servers that do not start. */
export async function run(...args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (text) => {
    stdout += text
  })
  child.stderr.on('data', (text) => {
    stderr += text
  })
  const [status] = await once(child, 'close')
  return { status, stdout, stderr }
}

/** A folder for configs. */
export class Folder implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), 'sallyport-'))

  /** Writes a file and returns its path. */
  file(name: string, text: string | Uint8Array): string {
    const path = join(this.path, name)
    writeFileSync(path, text)
    return path
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { programPath } from '@sallyport/linux/testing'
import { user } from './turn-server.ts'

/** Messages that each client sends, and clients. */
const MESSAGES = 5
const CLIENTS = 2
/** Milliseconds; a run takes about five seconds, most of which the program waits for by itself. */
const PATIENCE = 60_000

export interface Run {
  /** Undefined: ended by our impatience. */
  readonly code: number | undefined
  readonly sent: number
  readonly received: number
  readonly said: string
}

/** Runs a program to its end. */
export async function run(program: string, args: readonly string[], patience: number = PATIENCE): Promise<Run> {
  const child = spawn(programPath(program)!, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
  }
  const impatience = setTimeout(() => child.kill('SIGKILL'), patience)
  const [code] = (await once(child, 'close')) as [number | null]
  clearTimeout(impatience)
  const counts = [...said.matchAll(/tot_send_msgs=(\d+), tot_recv_msgs=(\d+)/g)].at(-1)
  return { code: code ?? undefined, sent: Number(counts?.[1] ?? 0), received: Number(counts?.[2] ?? 0), said }
}

/** coturn's client in one of its modes. */
export function uclient(...mode: readonly string[]): Promise<Run> {
  const login = mode.includes('-W') ? [] : ['-u', user.name, '-w', user.password]
  return run('turnutils_uclient', [...login, '-n', String(MESSAGES), '-m', String(CLIENTS), ...mode])
}

/** coturn's peer, which sends back what it gets, on port 3480 of both families. */
export class CoturnPeer implements AsyncDisposable {
  readonly #process: ChildProcess

  private constructor() {
    const args = ['-p', '3480', '-L', '127.0.0.1', '-L', '::1']
    this.#process = spawn(programPath('turnutils_peer')!, args, { stdio: 'ignore' })
  }

  static async start(): Promise<CoturnPeer> {
    const peer = new CoturnPeer()
    await once(peer.#process, 'spawn')
    return peer
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await ended
  }
}

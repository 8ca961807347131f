import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import type { NetworkNamespace } from '@sallyport/linux'

/** How a program that ran to its end ended. */
export interface Outcome {
  /** Exit status; null when a signal ended it. */
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface ExecOptions {
  /** Given to the program's standard input, which is closed after it. */
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
  /** Milliseconds until it is killed; default 30 s. */
  readonly timeout?: number
}

/** Starts a program in a namespace: the child inherits the namespace of the thread that forks. */
export function spawnIn(
  namespace: NetworkNamespace,
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
): ChildProcess {
  return namespace.run(() => spawn(command, args, options))
}

/** What a program says until its end. Rejects only when it could not be started. */
export async function outcome(child: ChildProcess, { input = '', timeout = 30_000 }: ExecOptions): Promise<Outcome> {
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      output[name] += text
    })
  }
  // A program that does not read its input ends with EPIPE here; its exit status tells the story.
  child.stdin?.on('error', () => {}).end(input)
  // Not spawn's own timeout: after a program that could not be started, it keeps this process waiting.
  const timer = setTimeout(() => child.kill('SIGKILL'), timeout)
  const { promise, resolve, reject } = Promise.withResolvers<Outcome>()
  child.once('error', reject)
  child.once('close', (status) => resolve({ status, ...output }))
  return await promise.finally(() => clearTimeout(timer))
}

/** Kills a child that still runs, and waits until it is gone. */
export function ended(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill('SIGKILL')
  return gone
}

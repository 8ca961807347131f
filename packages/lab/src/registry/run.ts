import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { constants } from 'node:os'
import type { Entrance } from './enter.ts'
import { childOf } from './proc.ts'

/** The program does not exist, or may not be run. */
export class NotStarted extends Error {
  override readonly name = 'NotStarted'
  /** The exit status that a shell has for it (POSIX, Shell Command Language, section 2.8.2). */
  readonly status: 126 | 127

  constructor(cause: NodeJS.ErrnoException) {
    super(`${cause.path ?? 'the program'} cannot be started (${cause.code}); check its name and its mode`, { cause })
    this.status = cause.code === 'ENOENT' ? 127 : 126
  }
}

const passed = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'] as const

export interface ProgramOptions {
  readonly env: NodeJS.ProcessEnv
  /** Where it runs; default: where this process is. */
  readonly node?: { spawn(command: string, args: readonly string[], options: SpawnOptions): ChildProcess }
  /** Its standard output becomes our standard error; default false. */
  readonly outputOnStderr?: boolean
}

/** Runs a program of the lab's own user, with the standard streams of this process. Resolves to its exit status. */
export async function runProgram(program: readonly string[], options: ProgramOptions): Promise<number> {
  const { env, node = { spawn }, outputOnStderr = false } = options
  const [command = '', ...args] = program
  const stdio: SpawnOptions['stdio'] = ['inherit', outputOnStderr ? 2 : 'inherit', 'inherit']
  return await accompany(
    () => node.spawn(command, args, { env, stdio }),
    (child, signal) => void child.kill(signal),
  )
}

/** Runs a program inside a node of another lab's process, with the standard streams of this process. Resolves to its exit status. */
export async function runInside(entrance: Entrance): Promise<number> {
  return await accompany(
    () => spawn(entrance.command, entrance.args, { stdio: 'inherit' }),
    (child, signal) => passOn(child, entrance.forks, signal),
  )
}

/** Signals are passed on from before the program begins: it may say that it is ready before `start` returns. */
async function accompany(
  start: () => ChildProcess,
  pass: (child: ChildProcess, signal: NodeJS.Signals) => void,
): Promise<number> {
  let child: ChildProcess | undefined
  const stop = passSignals((signal) => child && pass(child, signal))
  try {
    child = start()
    return await statusOf(child)
  } finally {
    stop()
  }
}

/**
 * The exit status of a child as a shell has it: 128 and the number of the signal that ended it. A program that cannot
 * be started rejects.
 */
function statusOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new NotStarted(error)))
    child.once('exit', (code, signal) => resolve(signal === null ? (code ?? 1) : 128 + constants.signals[signal]))
  })
}

/** Calls `pass` for signals that are meant for the program, until the returned function is called. */
function passSignals(pass: (signal: NodeJS.Signals) => void): () => void {
  const handle = (signal: NodeJS.Signals): void => {
    // From a terminal, the whole process group has got it already.
    if (signal === 'SIGTERM' || !process.stdin.isTTY) pass(signal)
  }
  for (const signal of passed) process.on(signal, handle)
  return () => {
    for (const signal of passed) process.removeListener(signal, handle)
  }
}

/** nsenter passes no signals to the child that it waits for. */
function passOn(child: ChildProcess, forks: boolean, signal: NodeJS.Signals): void {
  const inside = forks && child.pid !== undefined ? childOf(child.pid) : undefined
  if (inside === undefined) child.kill(signal)
  else process.kill(inside, signal)
}

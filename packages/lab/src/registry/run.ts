import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { constants } from 'node:os'
import type { Entrance } from './enter.ts'
import { childOf } from './proc.ts'

/** The program does not exist, or may not be run. */
export class NotStarted extends Error {
  override readonly name = 'NotStarted'

  constructor(cause: NodeJS.ErrnoException) {
    super(`${cause.path ?? 'the program'} cannot be started (${cause.code}); check its name and its mode`, { cause })
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
  let child: ChildProcess | undefined
  // Before it runs: a program that has said that it is up must get what comes then.
  const stop = passSignals((signal) => child?.kill(signal))
  try {
    child = node.spawn(command, args, { env, stdio })
    return await statusOf(child)
  } finally {
    stop()
  }
}

/** Runs a program inside a node of another lab's process, with the standard streams of this process. Resolves to its exit status. */
export async function runInside(entrance: Entrance): Promise<number> {
  let child: ChildProcess | undefined
  const stop = passSignals((signal) => child && passOn(child, entrance.forks, signal))
  try {
    child = spawn(entrance.command, entrance.args, { stdio: 'inherit' })
    return await statusOf(child)
  } finally {
    stop()
  }
}

/**
 * The exit status of a child as a shell has it: 128 and the number of the signal that ended it. A program that cannot
 * be started rejects.
 */
export function statusOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new NotStarted(error)))
    child.once('exit', (code, signal) => resolve(signal === null ? (code ?? 1) : 128 + constants.signals[signal]))
  })
}

/** Calls `pass` for signals that are meant for the program, until the returned function is called. */
export function passSignals(pass: (signal: NodeJS.Signals) => void): () => void {
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

import { constants } from 'node:os'

/** Signals that end a program, or pass through one that only waits for another. */

const ending = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'] as const

/** Calls `handle` for signals that would end the process. */
export function onEndingSignal(handle: (signal: NodeJS.Signals) => void): void {
  for (const signal of ending) process.on(signal, handle)
}

/**
 * The first process of a pid namespace gets no default action for signals: SIGTERM without a handler does nothing.
 * This gives it one, which steps back as soon as the program has a handler of its own.
 */
export function defaultActions(): void {
  for (const signal of ending) {
    process.on(signal, () => {
      if (process.listenerCount(signal) === 1) process.exit(exitStatus(signal))
    })
  }
}

/**
 * Did {@link defaultActions} run there, by what /proc/PID/status says (proc_pid_status(5), SigCgt)? Node itself catches
 * SIGINT and SIGTERM from its start, and gives the terminal back; SIGQUIT it leaves alone.
 */
export function hasActions(status: string | undefined): boolean {
  const [, caught = '0'] = /^SigCgt:\s*([\da-f]+)$/m.exec(status ?? '') ?? []
  return ((BigInt(`0x${caught}`) >> BigInt(constants.signals.SIGQUIT - 1)) & 1n) === 1n
}

/** As a shell has it. */
export function exitStatus(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal]
}

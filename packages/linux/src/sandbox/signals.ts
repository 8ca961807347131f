/** Signals that end a program, or pass through one that only waits for another. */

const ending = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'] as const
const numbers = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGTERM: 15 } as const

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
      if (process.listenerCount(signal) === 1) process.exit(128 + numbers[signal])
    })
  }
}

import { say } from '../../failure.ts'

/** What a person can mend by calling the command in another way. */
export class BadUsage extends Error {
  override readonly name = 'BadUsage'
}

/**
 * Errors of the lab whose message says it all, by name, since the classes are loaded with the lab, which is loaded late;
 * and the exit status: 1 failed, 2 bad usage or bad config.
 */
const explained: Readonly<Record<string, number>> = {
  BadUsage: 2,
  NatError: 2,
  NoSuchPreset: 2,
  NotRunning: 1,
  NotStarted: 127,
  TopologyError: 2,
  WiringError: 2,
}

/** An action of a `lab` command: what the lab refuses is said in its own words. An error may bring its own status. */
export function labAction<A extends unknown[]>(action: (...args: A) => Promise<void>): (...args: A) => Promise<void> {
  return async (...args) => {
    try {
      await action(...args)
    } catch (error) {
      const status = error instanceof Error ? explained[error.name] : undefined
      if (status === undefined) throw error
      const { message, status: own = status } = error as Error & { readonly status?: number }
      say(message)
      process.exitCode = own
    }
  }
}

import { say } from '../../failure.ts'

/** Errors of the lab whose message says it all, by name: the classes are loaded with the lab, which is loaded late. */
const explained = ['NatError', 'NoSuchPreset', 'NotRunning', 'NotStarted', 'TopologyError']

/** An action of a `lab` command: what the lab refuses is said in its own words, and the exit status is 1. */
export function labAction<A extends unknown[]>(action: (...args: A) => Promise<void>): (...args: A) => Promise<void> {
  return async (...args) => {
    try {
      await action(...args)
    } catch (error) {
      if (!(error instanceof Error) || !explained.includes(error.name)) throw error
      say(error.message)
      process.exitCode = 1
    }
  }
}

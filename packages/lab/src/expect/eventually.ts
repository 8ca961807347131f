import { ExpectationFailed } from './failure.ts'

/** Something that is true when it does not throw. */
export type Claim<T = unknown> = () => T | Promise<T>

export interface EventuallyOptions {
  /** Milliseconds, after which `eventually` tries a last time; default 2000. For `never` default 300. */
  readonly within?: number
  /** What is claimed, for the error: 'alice hears bob'. */
  readonly what?: string
}

/** Milliseconds between the first two attempts; each pause is half as long again as the one before, up to the most. */
const FIRST_PAUSE = 5
const LONGEST_PAUSE = 250

/**
 * Tries a claim until it holds, and gives what it gives. When it still does not in time, the error says how often it was
 * tried, and how it failed last. An attempt is not cut off: one that never settles is waited for.
 *
 * ```ts
 * await eventually(() => assert.equal(peer.state, 'connected'), { within: 3000, what: 'the peers are connected' })
 * ```
 */
export async function eventually<T>(claim: Claim<T>, options: EventuallyOptions = {}): Promise<T> {
  const { within = 2000, what = 'the claim' } = options
  const deadline = performance.now() + within
  let pause = FIRST_PAUSE
  for (let attempts = 1; ; attempts += 1) {
    const isLast = performance.now() >= deadline
    const result = await attempt(claim)
    if ('value' in result) return result.value
    if (isLast) throw late(what, within, attempts, result.error)
    await new Promise((resolve) => setTimeout(resolve, Math.min(pause, deadline - performance.now())))
    pause = Math.min(pause * 1.5, LONGEST_PAUSE)
  }
}

/**
 * Tries a claim for as long as that, and throws as soon as it holds: for what must not come about.
 *
 * ```ts
 * await never(() => assert.ok(stranger.heard), { within: 500, what: 'a stranger gets in' })
 * ```
 */
export async function never(claim: Claim, options: EventuallyOptions = {}): Promise<void> {
  const { within = 300, what = 'the claim' } = options
  const begin = performance.now()
  while (performance.now() - begin < within) {
    const result = await attempt(claim)
    if ('value' in result) {
      const after = Math.round(performance.now() - begin)
      throw new ExpectationFailed(`${what}: it came about after ${after} ms, and must not within ${within}`, {
        expected: `not within ${within} ms`,
        actual: `after ${after} ms`,
      })
    }
    await new Promise((resolve) => setTimeout(resolve, FIRST_PAUSE))
  }
}

async function attempt<T>(claim: Claim<T>): Promise<{ value: T } | { error: unknown }> {
  try {
    return { value: await claim() }
  } catch (error) {
    return { error }
  }
}

function late(what: string, within: number, attempts: number, error: unknown): ExpectationFailed {
  const last = error instanceof Error ? error.message : String(error)
  const { expected, actual } = (error ?? {}) as { expected?: unknown; actual?: unknown }
  const failed = new ExpectationFailed(`${what}: not within ${within} ms (${attempts} attempts); at last: ${last}`, {
    expected: expected ?? `within ${within} ms`,
    actual: actual ?? last,
  })
  failed.cause = error
  return failed
}

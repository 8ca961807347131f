import { ModelError } from './error.ts'

/** Milliseconds, or a text as nft writes it: `5m`, `1h30m`, `250ms`. */
export type Duration = number | string

const units: readonly (readonly [name: string, milliseconds: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
]

/** In milliseconds. Throws {@link ModelError} on anything that isn't a duration greater than zero. */
export function parseDuration(duration: Duration): number {
  const parsed = typeof duration === 'number' ? duration : parseText(duration)
  if (parsed === undefined || !Number.isSafeInteger(parsed) || parsed <= 0) {
    throw new ModelError(`'${duration}' is not a duration`, "give milliseconds or a text such as '5m' or '1h30m'")
  }
  return parsed
}

function parseText(text: string): number | undefined {
  const match = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?$/.exec(text)
  if (match === null || text === '') return undefined
  return units.reduce((sum, [, unit], index) => sum + Number(match[index + 1] ?? 0) * unit, 0)
}

export function formatDuration(milliseconds: number): string {
  let rest = milliseconds
  let text = ''
  for (const [name, unit] of units) {
    const count = Math.floor(rest / unit)
    if (count > 0) text += `${count}${name}`
    rest -= count * unit
  }
  return text
}

/** '20ms', '1.5s', '2m', or a number of milliseconds. */
export type Duration = number | `${number}${'us' | 'ms' | 's' | 'm' | 'h'}`

const units: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** In milliseconds. Throws RangeError that names `what` and shows the text. */
export function milliseconds(value: Duration, what: string): number {
  if (typeof value === 'number' && value >= 0 && Number.isFinite(value)) return value
  const [, number, unit] = /^(\d+(?:\.\d+)?)(us|ms|s|m|h)$/.exec(String(value)) ?? []
  if (number === undefined || unit === undefined)
    throw new RangeError(`${what}: '${value}' is no duration; write 20ms, 1.5s, or a number of milliseconds`)
  return Number(number) * units[unit]!
}

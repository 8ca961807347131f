/** '50mbit', '200kbit', '1gbit', or a number of bits per second. */
export type Rate = number | `${number}${'bit' | 'kbit' | 'mbit' | 'gbit'}`

const units: Readonly<Record<string, number>> = { bit: 1, kbit: 1e3, mbit: 1e6, gbit: 1e9 } // as tc(8): powers of ten

/** In bits per second. Throws RangeError that names `what` and shows the text. */
export function bitsPerSecond(value: Rate, what: string): number {
  if (typeof value === 'number' && value > 0) return value
  const [, number, unit] = /^(\d+(?:\.\d+)?)(bit|kbit|mbit|gbit)$/.exec(String(value)) ?? []
  if (number === undefined || unit === undefined || Number(number) === 0)
    throw new RangeError(`${what}: '${value}' is no rate; write 50mbit, 200kbit, or a number of bits per second`)
  return Number(number) * units[unit]!
}

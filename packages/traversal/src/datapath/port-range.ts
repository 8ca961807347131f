export interface PortRange {
  readonly min: number
  readonly max: number
}

/** RFC 8656 section 7.2 recommends the dynamic ports (RFC 6335). */
export const defaultPorts: PortRange = { min: 49_152, max: 65_535 }

/** Ports by chance: while many are free, nobody can tell which will be next. */
const DRAWS = 50
/** Then those that follow: in a range that is nearly full, chance would miss the free ones. */
const WALK = 500

/**
 * Ports of a range in the order in which to try them, so many that one is found unless the range is all but full. Some
 * come twice; of a pair of ports the even one. `random`: a number from 0 to less than 1.
 */
export function* portsToTry({ min, max }: PortRange, random: () => number, even: boolean = false): Generator<number> {
  const [count, mask] = [max - min + 1, even ? ~1 : ~0]
  const draw = (): number => Math.floor(random() * count)
  for (let n = 0; n < DRAWS; n += 1) yield (min + draw()) & mask
  const from = draw()
  for (let n = 0; n < Math.min(WALK, count); n += 1) yield (min + ((from + n) % count)) & mask
}

const LONGEST = 64

/** What every message about a name says at its end. */
export const NAME_HINT: string = `write 1 to ${LONGEST} visible characters`

/** Names are drawn, listed and written into files: nothing in them moves a cursor, turns text around, or is not seen. */
export function isNodeName(name: string): boolean {
  if (name.trim() === '' || name.length > LONGEST || name === '__proto__') return false
  return !/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(name)
}

import type { Position } from './config.ts'

/** `line 12`, or the path in a module: to point from one place of a file at another. */
export function describePlace({ line, path }: Position): string {
  return line > 0 ? `line ${line}` : path
}

/** Two of a list that is in the order of the file (a module's places have no order of their own). */
export function laterFirst<T>(pair: readonly [T, T], list: readonly T[]): [later: T, earlier: T] {
  const [one, other] = pair
  return list.indexOf(one) > list.indexOf(other) ? [one, other] : [other, one]
}

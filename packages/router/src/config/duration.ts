import { type Problems, quote } from './problems.ts'
import type { Span } from './span.ts'

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

export interface Bounds {
  /** Seconds. */
  readonly shortest: number
  readonly longest: number
}

/** `60s`, `5m`, `2h` or `1d` as seconds; undefined after reporting a problem. */
export function parseDuration(span: Span, bounds: Bounds, problems: Problems): number | undefined {
  const match = /^([0-9]{1,9})\s*([smhd])$/.exec(span.text)
  if (match === null) {
    const hint = 'write a whole number and a unit: 60s, 5m, 2h or 1d'
    problems.add(span.position, { problem: `${quote(span.text)} is not a duration`, hint, text: span.text })
    return undefined
  }
  const seconds = Number(match[1]) * UNITS[match[2]!]!
  if (seconds >= bounds.shortest && seconds <= bounds.longest) return seconds
  const range = `${formatDuration(bounds.shortest)} to ${formatDuration(bounds.longest)}`
  problems.add(span.position, {
    problem: `${span.text} is outside ${range}`,
    hint: `write a duration from ${range}`,
    text: span.text,
  })
  return undefined
}

/** Seconds in the largest unit that divides them: 300 is `5m`. */
export function formatDuration(seconds: number): string {
  const unit = ['d', 'h', 'm'].find((name) => seconds % UNITS[name]! === 0) ?? 's'
  return `${seconds / UNITS[unit]!}${unit}`
}

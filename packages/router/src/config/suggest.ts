const LONGEST = 64
const CANDIDATES = 2000

/**
 * The candidate that a mistyped word most likely meant: the nearest by {@link distance}, if it differs in no more than
 * a third of its letters (words of one or two: in case only). Undefined when nothing is near. The first 2,000 candidates are looked at.
 */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined
  let bestDistance = Math.floor(word.length / 3) + 1
  if (word.length > LONGEST) return undefined
  for (const candidate of candidates.slice(0, CANDIDATES)) {
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue
    const found = distance(word.toLowerCase(), candidate.toLowerCase())
    if (found < bestDistance) [best, bestDistance] = [candidate, found]
  }
  return best
}

/** Edits between two words: insertions, deletions, substitutions, swapped neighbours (optimal string alignment). */
export function distance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const edited = Math.min(row[j - 1]! + 1, last[j]! + 1, last[j - 1]! + (same ? 0 : 1))
      row[j] = swapped ? Math.min(edited, beforeLast[j - 2]! + 1) : edited
    }
    beforeLast = last
    last = row
  }
  return last[b.length]!
}

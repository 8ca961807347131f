/** What became of a sequence: `keep` pairs an old item with a new one, the others stand alone, all in the new order. */
export type Edit<Old, New> =
  | { readonly op: 'keep'; readonly old: Old; readonly new: New }
  | { readonly op: 'delete'; readonly old: Old }
  | { readonly op: 'add'; readonly new: New }

/**
 * The fewest deletions and additions that turn one sequence into another (longest common subsequence).
 * Chains are short, so the quadratic table is the simplest thing that keeps most handles and counters.
 */
export function editSequence<Old, New>(
  old: readonly Old[],
  wanted: readonly New[],
  identity: { readonly old: (item: Old) => string; readonly new: (item: New) => string },
): Edit<Old, New>[] {
  const a = old.map(identity.old)
  const b = wanted.map(identity.new)
  const common = commonLengths(a, b)
  const edits: Edit<Old, New>[] = []
  let i = 0
  let j = 0
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      edits.push({ op: 'keep', old: old[i++]!, new: wanted[j++]! })
    } else if (j === b.length || (i < a.length && common[i + 1]![j]! >= common[i]![j + 1]!)) {
      edits.push({ op: 'delete', old: old[i++]! })
    } else {
      edits.push({ op: 'add', new: wanted[j++]! })
    }
  }
  return edits
}

/** `lengths[i][j]`: how much a from i and b from j have in common. */
function commonLengths(a: readonly string[], b: readonly string[]): Uint16Array[] {
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1))
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const same = a[i] === b[j]
      lengths[i]![j] = same ? lengths[i + 1]![j + 1]! + 1 : Math.max(lengths[i + 1]![j]!, lengths[i]![j + 1]!)
    }
  }
  return lengths
}

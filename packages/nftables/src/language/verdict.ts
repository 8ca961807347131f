import type { Verdict } from '../model/verdict.ts'

export function printVerdict(verdict: Verdict): string {
  return 'chain' in verdict ? `${verdict.verdict} ${verdict.chain}` : verdict.verdict
}

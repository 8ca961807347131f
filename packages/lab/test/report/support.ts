import { type ReportOptions, type RfcReport, type RfcVerdict, runReport } from '@sallyport/lab'

const words: Readonly<Record<string, RfcVerdict>> = {
  '+': 'pass',
  '-': 'fail',
  o: 'not applicable',
  '?': 'not testable',
}

/** Verdicts by requirement from a text: `REQ-1 + REQ-2 o`; + pass, - fail, o not applicable, ? not testable. */
export function verdicts(text: string): Record<string, RfcVerdict> {
  const pairs = text.trim().split(/\s+/)
  return Object.fromEntries(
    pairs.flatMap((id, index) => (index % 2 === 0 ? [[id, words[pairs[index + 1]!]!] as const] : [])),
  )
}

/** What a report found about one RFC, in the same form. */
export function found({ requirements }: RfcReport, rfc: number): Record<string, RfcVerdict> {
  const own = requirements.filter((result) => result.rfc === rfc)
  return Object.fromEntries(own.map(({ id, verdict }) => [id, verdict]))
}

/** The result of one requirement of one RFC. */
export async function examine(
  subject: ReportOptions['subject'],
  rfc: 4787 | 5382 | 5508 | 7857,
  id: string,
): Promise<RfcReport['requirements'][number]> {
  const { requirements } = await runReport({ subject, rfcs: [rfc], only: [id] })
  return requirements[0]!
}

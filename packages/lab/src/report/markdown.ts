import { conclusions, countsOf, details } from './render.ts'
import { titles } from './requirements/index.ts'
import type { Report, Result } from './run.ts'

/** The report as a Markdown document: what follows, then a table for each RFC, with what was seen under failures. */
export function reportMarkdown({ subject, requirements, summary }: Report): string {
  const rfcs = [...new Set(requirements.map(({ rfc }) => rfc))]
  const sections = rfcs.map((rfc) => {
    const rows = requirements.filter((result) => result.rfc === rfc)
    return [
      `## RFC ${rfc}: ${titles[rfc]}`,
      '',
      '| | level | requirement | verdict |',
      '| --- | --- | --- | --- |',
      ...rows.map(({ id, level, title, verdict }) => `| ${id} | ${level} | ${cell(title)} | ${verdict} |`),
      '',
      ...rows.filter(({ verdict }) => verdict === 'fail').flatMap(failure),
    ].join('\n')
  })
  const outcome = [countsOf(summary), ...conclusions(summary)].map((line) => `- ${line}`)
  return [`# ${subject}`, '', ...outcome, '', ...sections].join('\n')
}

function failure(result: Result): string[] {
  return [`### ${result.id}`, '', ...details(result).map((line) => `- ${line}`), '']
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

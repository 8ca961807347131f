import type { Endpoint } from './endpoint.ts'

/** What the host that something arrived at says about it. */
export interface Report {
  /** Name of the node it arrived at. */
  readonly host: string
  /** The port it arrived at, as that host sees it. */
  readonly port: number
  /** Where that host saw it come from. */
  readonly source: Endpoint
}

/** A question carries a number, so that a late answer to an earlier one is not taken for this one's. */
const question = 'report '
let asked = 0

export function newQuestion(): { readonly text: string; readonly id: number } {
  asked += 1
  return { text: `${question}${asked}`, id: asked }
}

/** The number of a question, or undefined when the datagram is none: answers and probes must never be answered. */
export function questionId(payload: Uint8Array): number | undefined {
  const text = Buffer.from(payload).toString('latin1')
  const id = Number(text.slice(question.length))
  return text.startsWith(question) && Number.isSafeInteger(id) ? id : undefined
}

export function writeReport(report: Report, id: number): string {
  return JSON.stringify({ id, ...report })
}

/** The report in an answer; undefined when it is no report, or the answer to another question. */
export function readReport(payload: Uint8Array, id?: number): Report | undefined {
  const text = Buffer.from(payload).toString()
  if (!text.startsWith('{')) return undefined
  const { id: answered, ...report } = JSON.parse(text) as Report & { id: number }
  return id === undefined || id === answered ? report : undefined
}

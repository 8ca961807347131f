import type { Endpoint } from '../traffic/endpoint.ts'
import { parseEndpoint, printEndpoint } from '../traffic/endpoint.ts'

/** What peers say to each other, one line of text: every datagram differs, so that a capture can follow each one. */
export interface Probe {
  /** Of the attempt: what is left over from another one is nobody's. */
  readonly token: string
  readonly from: 'a' | 'b'
  /** Counts the sender's datagrams, from 1. */
  readonly number: number
  /** Absent in a probe; an answer says where the probe came from, as its receiver saw it. */
  readonly answerTo?: Endpoint
}

/** 'punch 7 a 3', 'punch 7 b 4 answers 203.0.113.1:40000'. */
export function printProbe({ token, from, number, answerTo }: Probe): string {
  const answer = answerTo === undefined ? '' : ` answers ${printEndpoint(answerTo)}`
  return `punch ${token} ${from} ${number}${answer}`
}

/** The reverse of {@link printProbe}; undefined when the datagram is none. */
export function parseProbe(payload: Uint8Array): Probe | undefined {
  const text = Buffer.from(payload).toString('latin1')
  const found = /^punch (\S+) ([ab]) (\d+)(?: answers (\S+))?$/.exec(text)
  if (found === null) return undefined
  const [, token, from, number, answerTo] = found
  const probe = { token: token!, from: from === 'a' ? 'a' : 'b', number: Number(number) } as const
  return answerTo === undefined ? probe : { ...probe, answerTo: parseEndpoint(answerTo) }
}

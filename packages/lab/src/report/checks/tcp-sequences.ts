import { verdictOf } from '../finding.ts'
import type { Finding } from '../requirement.ts'
import type { Bench } from '../rig/bench.ts'
import type { Connection } from '../rig/connection.ts'
import { connectionOf, handshake, play, type Step } from '../rig/play.ts'

export const resetByServer: readonly Step[] = [
  ...handshake,
  ['server', ['psh', 'ack'], 'x'],
  ['server', ['rst', 'ack']],
]
const resetByClient: readonly Step[] = [...handshake, ['client', ['rst', 'ack']]]

/** Ways to open, use and end a connection (RFC 9293 section 3.5, 3.6). */
const sequences: Readonly<Record<string, readonly Step[]>> = {
  'closed by the client': [
    ...handshake,
    ['client', ['psh', 'ack'], 'question'],
    ['server', ['psh', 'ack'], 'answer'],
    ['client', ['fin', 'ack']],
    ['server', ['ack']],
    ['server', ['psh', 'ack'], 'half closed, still sending'],
    ['server', ['fin', 'ack']],
    ['client', ['ack']],
  ],
  'closed by the server': [...handshake, ['server', ['fin', 'ack']], ['client', ['fin', 'ack']], ['server', ['ack']]],
  'reset by the server': resetByServer,
  'reset by the client': resetByClient,
  refused: [
    ['client', ['syn']],
    ['server', ['rst', 'ack']],
  ],
}

/** RFC 5382 REQ-2. */
export async function validSequences(bench: Bench): Promise<Finding> {
  const rig = await bench.rig()
  const evidence: string[] = []
  let all = true
  for (const [name, steps] of Object.entries(sequences)) {
    evidence.push(`${name}:`)
    all = (await play(connectionOf(rig), steps, evidence)) && all
  }
  return verdictOf(all, evidence)
}

/** RFC 5382 REQ-2a: both SYNs cross, each side answers the other's with SYN and ACK (RFC 9293 figure 8). */
export async function simultaneousOpen(bench: Bench): Promise<Finding> {
  const evidence: string[] = []
  const steps: Step[] = [
    ['client', ['syn']],
    ['server', ['syn']],
    ['client', ['syn', 'ack']],
    ['server', ['syn', 'ack']],
    ['client', ['psh', 'ack'], 'through the hole'],
    ['server', ['psh', 'ack'], 'and back'],
  ]
  return verdictOf(await playCrossing(connectionOf(await bench.rig()), steps, evidence), evidence)
}

/** A SYN that is sent again as SYN and ACK has the number that it had. */
async function playCrossing(connection: Connection, steps: readonly Step[], evidence: string[]): Promise<boolean> {
  const { client, server } = connection
  const numbers = { client: client.sequence, server: server.sequence }
  const [first, second, third, fourth, ...rest] = steps
  if (!(await play(connection, [first!, second!], evidence))) return false
  client.sequence = numbers.client
  server.sequence = numbers.server
  return await play(connection, [third!, fourth!, ...rest], evidence)
}

/** RFC 7857 section 2.2: a reset gets through, in both directions. */
export async function resetsAreTranslated(bench: Bench): Promise<Finding> {
  const rig = await bench.rig()
  const evidence: string[] = []
  const down = await play(connectionOf(rig), resetByServer, evidence)
  const up = await play(connectionOf(rig), resetByClient, evidence)
  return verdictOf(down && up, evidence)
}

import type { TcpFlag } from '../../packet/index.ts'
import { Connection, type Side } from './connection.ts'
import type { Rig } from './rig.ts'

/** A connection from a host to a server, not opened yet. */
export function connectionOf(rig: Rig, port: number = rig.port()): Connection {
  const [server] = rig.servers
  return new Connection(rig.hosts[0], port, server, server.at(3478))
}

/** What is sent, one segment after the other; each has to arrive. */
export type Step = readonly [Side, readonly TcpFlag[], text?: string]

export const handshake: readonly Step[] = [
  ['client', ['syn']],
  ['server', ['syn', 'ack']],
  ['client', ['ack']],
]

/** Plays the steps; tells which one was lost. */
export async function play(connection: Connection, steps: readonly Step[], evidence: string[]): Promise<boolean> {
  for (const [side, flags, text = ''] of steps) {
    const arrived = await connection.pass(side, flags, text)
    const what = `${side}: ${flags.join(' ')}${text === '' ? '' : `, ${text.length} bytes`}`
    evidence.push(`${what} ${arrived ? 'arrives' : 'is lost'}`)
    if (!arrived) return false
  }
  return true
}

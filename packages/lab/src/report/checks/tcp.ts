import type { TcpState } from '@sallyport/linux'
import type { TcpFlag } from '../../packet/index.ts'
import { PROTOCOL_TCP } from '../../packet/index.ts'
import { printEndpoint } from '../../traffic/endpoint.ts'
import { notApplicable, notTestable, type Remedy, verdictOf } from '../finding.ts'
import type { Finding } from '../requirement.ts'
import type { Bench } from '../rig/bench.ts'
import { Connection, hasSequence, type Side, syn } from '../rig/connection.ts'
import { isIcmp } from '../rig/errors.ts'
import { letsAllIn } from '../rig/flow.ts'
import { pause } from '../rig/pause.ts'
import type { Rig } from '../rig/rig.ts'

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
async function play(connection: Connection, steps: readonly Step[], evidence: string[]): Promise<boolean> {
  for (const [side, flags, text = ''] of steps) {
    const arrived = await connection.pass(side, flags, text)
    const what = `${side}: ${flags.join(' ')}${text === '' ? '' : `, ${text.length} bytes`}`
    evidence.push(`${what} ${arrived ? 'arrives' : 'is lost'}`)
    if (!arrived) return false
  }
  return true
}

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
  'reset by the server': [...handshake, ['server', ['psh', 'ack'], 'x'], ['server', ['rst', 'ack']]],
  'reset by the client': [...handshake, ['client', ['rst', 'ack']]],
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

const silentInput: Remedy = {
  advice: 'drop what comes in by the WAN unasked in the input hook; a kernel that is reached refuses at once',
}

/** RFC 5382 REQ-4: silence for six seconds, and no trace of it when the host connects itself meanwhile. */
export async function unsolicitedSyn(bench: Bench): Promise<Finding> {
  const rig = await bench.rig()
  const evidence: string[] = []
  const { stranger, servers, hosts } = rig
  if (await letsAllIn(rig, 'tcp')) return notApplicable('every SYN is let in, without any mapping')
  const to = { address: rig.wan, port: rig.port() }
  const alone = syn(stranger.at(5000), { address: rig.wan, port: 43_999 })
  stranger.send({ destination: rig.wan, protocol: PROTOCOL_TCP }, alone.segment)
  const crossing = syn(servers[0].at(3478), to)
  servers[0].send({ destination: rig.wan, protocol: PROTOCOL_TCP }, crossing.segment)
  const own = new Connection(hosts[0], to.port, servers[0], servers[0].at(3478))
  await pause(500)
  const outward = await own.pass('client', ['syn'])
  evidence.push(`a SYN ${printEndpoint(servers[0].at(3478))} → ${printEndpoint(to)}, then the host's own SYN to there`)
  await pause(5600)
  const answers = [...stranger.drain(), ...servers[0].drain()].filter(
    (packet) => isIcmp(packet) || (packet.transport?.kind === 'tcp' && packet.transport.flags.includes('rst')),
  )
  for (const { transport, source } of answers) {
    evidence.push(`within 6 s ${source} answers with ${transport?.kind === 'tcp' ? 'a reset' : 'an ICMP error'}`)
  }
  const late = await hosts[0].receive((packet) => hasSequence(packet, crossing.sequence), 10)
  if (late !== undefined) evidence.push('the SYN from outside arrived inside')
  if (!outward) evidence.push("the host's own SYN did not get out")
  if (answers.length === 0) evidence.push('nothing came back within 6 s')
  return verdictOf(answers.length === 0 && outward && late === undefined, evidence, silentInput)
}

/** RFC 5382 REQ-4a and the SHOULD of REQ-4: what comes after the six seconds. */
export async function answerAfterSixSeconds(bench: Bench): Promise<Finding> {
  const rig = await bench.rig()
  const { segment } = syn(rig.stranger.at(5000), { address: rig.wan, port: 43_999 })
  rig.stranger.send({ destination: rig.wan, protocol: PROTOCOL_TCP }, segment)
  const early = await rig.stranger.receive(() => true, 5900)
  if (early !== undefined) return notApplicable('it was answered before 6 s had passed: see REQ-4')
  const late = await rig.stranger.receive((packet) => isIcmp(packet, 3, 3), 1500)
  const said = late === undefined ? 'nothing: the policy is not to tell strangers anything' : 'an ICMP port unreachable'
  return verdictOf(true, [`after 6 s came ${said}`])
}

/** How to bring a connection into a state, and how many seconds it has to live there at least. */
interface Phase {
  readonly state: TcpState
  readonly steps: readonly Step[]
  readonly sysctl: string
}

const closing: Step = ['client', ['fin', 'ack']]
export const established: Phase = { state: 'established', steps: handshake, sysctl: 'established' }
/** TIME-WAIT and what follows a reset are left open by RFC 5382 section 5. */
export const opening: readonly Phase[] = [
  { state: 'syn-sent', steps: handshake.slice(0, 1), sysctl: 'syn_sent' },
  { state: 'syn-recv', steps: handshake.slice(0, 2), sysctl: 'syn_recv' },
]
export const ending: readonly Phase[] = [
  { state: 'fin-wait', steps: [...handshake, closing], sysctl: 'fin_wait' },
  { state: 'close-wait', steps: [...handshake, closing, ['server', ['ack']]], sysctl: 'close_wait' },
  { state: 'last-ack', steps: [...handshake, closing, ['server', ['fin', 'ack']]], sysctl: 'last_ack' },
]

/** Seconds that conntrack gives a connection in a state; undefined when it never got there. */
async function secondsIn(rig: Rig, { state, steps, sysctl }: Phase, evidence: string[]): Promise<number | undefined> {
  const connection = connectionOf(rig)
  if (!(await play(connection, steps, []))) {
    evidence.push(`${state}: a segment on the way there was lost`)
    return undefined
  }
  const port = connection.client.local.port
  const flow = rig.flows().find(({ original }) => original.protocol === 'tcp' && original.sourcePort === port)
  const seen = flow?.protocolInfo?.tcp?.state
  evidence.push(
    `${state}: ${flow?.timeout} s left (nf_conntrack_tcp_timeout_${sysctl})${seen === state ? '' : `, as ${seen}`}`,
  )
  return flow?.timeout
}

/** RFC 5382 REQ-5: two hours and four minutes, four minutes. */
export async function tcpTimeouts(bench: Bench): Promise<Finding> {
  const rig = await bench.rig()
  const evidence: string[] = []
  const idle = (await secondsIn(rig, established, evidence)) ?? 0
  const transitory: number[] = []
  for (const phase of [...opening, ...ending]) transitory.push((await secondsIn(rig, phase, evidence)) ?? 0)
  evidence.push('wanted: 7440 s established, 240 s opening and closing')
  return verdictOf(idle >= 7439 && Math.min(...transitory) >= 239, evidence, {
    advice: `net.netfilter.nf_conntrack_tcp_timeout_{${[...opening, ...ending].map(({ sysctl }) => sysctl).join(',')}} = 240`,
  })
}

/** RFC 7857 section 2.1, the default: opening and closing. */
export async function transitoryTimeouts(bench: Bench): Promise<Finding> {
  const rig = await bench.rig()
  const evidence: string[] = []
  const seconds: number[] = []
  for (const phase of [...opening, ...ending]) seconds.push((await secondsIn(rig, phase, evidence)) ?? 0)
  return verdictOf(Math.min(...seconds) >= 239, evidence, { advice: 'see RFC 5382 REQ-5' })
}

/** RFC 7857 section 2.2: a reset gets through, in both directions. */
export async function resetsAreTranslated(bench: Bench): Promise<Finding> {
  const rig = await bench.rig()
  const evidence: string[] = []
  const down = await play(connectionOf(rig), sequences['reset by the server']!, evidence)
  const up = await play(connectionOf(rig), sequences['reset by the client']!, evidence)
  return verdictOf(down && up, evidence)
}

/** RFC 7857 section 2.2: four minutes after a reset. */
export async function sessionAfterReset(bench: Bench): Promise<Finding> {
  const rig = await bench.rig()
  const evidence: string[] = []
  const steps = sequences['reset by the server']!
  const seconds = await secondsIn(rig, { state: 'close', steps, sysctl: 'close' }, evidence)
  if (seconds === undefined) return notTestable(...evidence)
  return verdictOf(seconds >= 239, evidence, { advice: 'net.netfilter.nf_conntrack_tcp_timeout_close = 240' })
}

/** RFC 7857 section 2, figure 1: the transitions that can be seen from outside. */
export async function stateMachine(bench: Bench): Promise<Finding> {
  const rig = await bench.rig()
  const evidence: string[] = []
  const steps: Step[] = [...handshake, ['server', ['rst', 'ack']], ['client', ['psh', 'ack'], 'the reset was not ours']]
  const back = await secondsIn(rig, { state: 'established', steps, sysctl: 'established' }, evidence)
  evidence.push('after a reset, data has to bring the connection back to "established"')
  return verdictOf((back ?? 0) >= 7439, evidence, {
    limitation:
      'conntrack has no way back from its state CLOSE to ESTABLISHED (nf_conntrack_proto_tcp.c, tcp_conntracks)',
  })
}

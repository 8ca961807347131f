import type { TcpState } from '@sallyport/linux'
import { notTestable, verdictOf } from '../finding.ts'
import type { Finding } from '../requirement.ts'
import type { Bench } from '../rig/bench.ts'
import { connectionOf, handshake, play, type Step } from '../rig/play.ts'
import type { Rig } from '../rig/rig.ts'
import { resetByServer } from './tcp-sequences.ts'

/** How to bring a connection into a state, and how many seconds it has to live there at least. */
interface Phase {
  readonly state: TcpState
  readonly steps: readonly Step[]
  readonly sysctl: string
}

const closing: Step = ['client', ['fin', 'ack']]
const established: Phase = { state: 'established', steps: handshake, sysctl: 'established' }
/** TIME-WAIT and what follows a reset are left open by RFC 5382 section 5. */
const opening: readonly Phase[] = [
  { state: 'syn-sent', steps: handshake.slice(0, 1), sysctl: 'syn_sent' },
  { state: 'syn-recv', steps: handshake.slice(0, 2), sysctl: 'syn_recv' },
]
const ending: readonly Phase[] = [
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

/** RFC 7857 section 2.2: four minutes after a reset. */
export async function sessionAfterReset(bench: Bench): Promise<Finding> {
  const rig = await bench.rig()
  const evidence: string[] = []
  const seconds = await secondsIn(rig, { state: 'close', steps: resetByServer, sysctl: 'close' }, evidence)
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

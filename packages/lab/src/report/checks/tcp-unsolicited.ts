import { PROTOCOL_TCP } from '../../packet/index.ts'
import { printEndpoint } from '../../traffic/endpoint.ts'
import { notApplicable, type Remedy, verdictOf } from '../finding.ts'
import type { Finding } from '../requirement.ts'
import type { Bench } from '../rig/bench.ts'
import { Connection, hasSequence, syn } from '../rig/connection.ts'
import { isIcmp } from '../rig/errors.ts'
import { letsAllIn } from '../rig/flow.ts'
import { pause } from '../rig/pause.ts'

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

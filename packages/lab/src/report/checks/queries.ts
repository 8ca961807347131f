import { encodeIcmp, encodeIp, PROTOCOL_ICMP } from '../../packet/index.ts'
import { notTestable, optional, verdictOf } from '../finding.ts'
import type { Finding } from '../requirement.ts'
import type { Bench } from '../rig/bench.ts'
import { errorMessage, isIcmp } from '../rig/errors.ts'
import { pause } from '../rig/pause.ts'
import { ping, pong, type Query } from '../rig/ping.ts'
import type { Rig } from '../rig/rig.ts'

/** RFC 5508 REQ-1. */
export async function queriesPass(bench: Bench): Promise<Finding> {
  const { hosts, servers } = await bench.rig()
  const evidence: string[] = []
  let all = true
  for (const host of hosts) {
    const query = await ping(host, 4242, servers[0])
    const answered = query !== undefined && (await pong(servers[0], query, host, 4242))
    evidence.push(
      `echo of ${host.name}, identifier 4242: ${describe(query)}, ${answered ? 'answered' : 'no answer arrives'}`,
    )
    all &&= answered
  }
  return verdictOf(all, evidence)
}

function describe(query: Query | undefined): string {
  return query === undefined ? 'does not get out' : `seen from ${query.arrived.source} with identifier ${query.id}`
}

/** RFC 5508 REQ-1a: two hosts with one identifier begin at different servers, and meet at each other's. */
export async function identifiersIndependent(bench: Bench): Promise<Finding> {
  const { hosts, servers } = await bench.rig()
  const evidence: string[] = []
  const ids = hosts.map(() => new Set<number>())
  for (const round of [0, 1]) {
    for (const [index, host] of hosts.entries()) {
      const server = servers[(index + round) % 2]!
      const query = await ping(host, 4242, server)
      evidence.push(`${host.name}, identifier 4242 → ${server.name}: ${describe(query)}`)
      ids[index]!.add(query?.id ?? -1)
    }
  }
  return verdictOf(
    ids.every(({ size }) => size === 1),
    evidence,
    {
      advice: 'keep identifiers in a map as ports are kept: to conntrack an identifier is the source port of a query',
    },
  )
}

/** RFC 5508 REQ-2. */
export async function queryTimer(bench: Bench): Promise<Finding> {
  const rig = await bench.rig()
  const query = await ping(rig.hosts[0], 4242, rig.servers[0])
  if (query === undefined) return notTestable('no echo gets out')
  const left = timeoutOfQuery(rig)
  rig.age(59)
  const answered = await pong(rig.servers[0], query, rig.hosts[0], 4242)
  const evidence = [`a query has ${left} s left`, `an answer 59 s later ${answered ? 'arrives' : 'is lost'}`]
  return verdictOf(answered, evidence, { advice: 'net.netfilter.nf_conntrack_icmp_timeout = 60' })
}

function timeoutOfQuery(rig: Rig): number | undefined {
  return rig.flows().find(({ original }) => original.protocol === 'icmp')?.timeout
}

/** RFC 5508 REQ-6: an error about a query leaves the query's session and its timer alone. */
export async function errorsLeaveQueries(bench: Bench): Promise<Finding> {
  const rig = await bench.rig()
  const [host, server] = [rig.hosts[0], rig.servers[0]]
  const query = await ping(host, 4242, server)
  if (query === undefined) return notTestable('no echo gets out')
  const before = timeoutOfQuery(rig) ?? 0
  await pause(1200)
  const { bytes, source } = query.arrived
  server.send({ destination: source, protocol: PROTOCOL_ICMP }, errorMessage(bytes))
  const told = await host.receive((packet) => isIcmp(packet, 3), 150)
  const after = timeoutOfQuery(rig)
  const answered = await pong(server, query, host, 4242)
  const evidence = [
    `${before} s left, and ${after ?? 'no'} s after an error 1.2 s later, which ${told ? 'arrives' : 'does not arrive'}`,
    `an answer then ${answered ? 'arrives' : 'is lost'}`,
  ]
  return verdictOf(after !== undefined && after < before && answered, evidence)
}

/** RFC 5508 REQ-10b: the queries that a NAT may support beside echo. */
export async function optionalMessages(bench: Bench): Promise<Finding> {
  const { hosts, servers } = await bench.rig()
  const passed: string[] = []
  for (const [name, type, size] of [
    ['timestamp', 13, 12],
    ['address mask', 17, 4],
  ] as const) {
    const message = encodeIcmp(type, 0, 0x1234_0001, new Uint8Array(size))
    hosts[0].send({ destination: servers[0].address, protocol: PROTOCOL_ICMP }, message)
    if (await servers[0].receive((packet) => isIcmp(packet, type), 120)) passed.push(name)
  }
  return optional(passed.length > 0, `requests that get out: ${passed.join(', ') || 'none'}`)
}

/** RFC 5508 REQ-10c: information requests are not answered; nobody is told to be quiet. */
export async function deprecatedMessages(bench: Bench): Promise<Finding> {
  const rig = await bench.rig()
  const [host] = rig.hosts
  host.send({ destination: rig.lanAddress, protocol: PROTOCOL_ICMP }, encodeIcmp(15, 0, 0x1234_0001, new Uint8Array()))
  const answer = await host.receive((packet) => isIcmp(packet, 16) || isIcmp(packet, 4), 120)
  return verdictOf(answer === undefined, [`an information request to the router ${answer ? 'is' : 'is not'} answered`])
}

/** RFC 5508 REQ-11: a message that is neither query nor error may be dropped; it must not leave untranslated. */
export async function otherMessages(bench: Bench): Promise<Finding> {
  const { hosts, servers } = await bench.rig()
  const header = { source: hosts[0].address, destination: servers[0].address, protocol: PROTOCOL_ICMP }
  hosts[0].sendBytes(encodeIp(header, encodeIcmp(40, 0, 0, new Uint8Array(8))))
  const arrived = await servers[0].receive((packet) => isIcmp(packet, 40), 120)
  return verdictOf(true, [`type 40 (Photuris) ${arrived ? `gets out as from ${arrived.source}` : 'is dropped'}`])
}

import { verdictOf } from '../finding.ts'
import type { Finding } from '../requirement.ts'
import type { Bench } from '../rig/bench.ts'
import { openTold } from '../rig/flow.ts'
import type { Rig } from '../rig/rig.ts'

/** Two hosts send from one port to one server, so that at least one of them has to be given another port. */
async function colliding(rig: Rig, port: number, evidence: string[]): Promise<number[]> {
  const ports: number[] = []
  for (const host of rig.hosts) {
    const flow = await openTold(evidence, 'udp', host, port, rig.servers[0])
    if (flow !== undefined) ports.push(flow.external.port)
  }
  return ports
}

/** RFC 4787 REQ-3a. */
export async function portRange(bench: Bench): Promise<Finding> {
  const rig = await bench.rig()
  const evidence: string[] = []
  let kept = true
  for (const inside of [600, 900, 1024, 5000]) {
    const outside = await colliding(rig, inside, evidence)
    kept &&= outside.length === 2 && outside.every((port) => port < 1024 === inside < 1024)
  }
  const advice = 'masquerade ports below 1024 to :512-1023 and all others to :1024-65535, where a port is not kept'
  return verdictOf(kept, evidence, { advice })
}

/** RFC 4787 REQ-4: twelve ports, of which a NAT that does not care gets about six wrong. */
export async function portParity(bench: Bench): Promise<Finding> {
  const rig = await bench.rig()
  const evidence: string[] = []
  const wrong: string[] = []
  for (let inside = 42_000; inside < 42_012; inside += 1) {
    const outside = await colliding(rig, inside, evidence)
    wrong.push(...outside.filter((port) => port % 2 !== inside % 2).map((port) => `${inside} became ${port}`))
  }
  if (wrong.length > 0) return { verdict: 'fail', evidence: wrong, advice: parityAdvice }
  return verdictOf(evidence.length === 24, evidence)
}

const parityAdvice =
  'the kernel tries the ports of a range one after the other, odd and even; a ruleset would have to draw even ones itself'

/** RFC 7857 section 9: ports that are given instead of the wanted ones cannot be foretold. */
export async function portRandomization(bench: Bench): Promise<Finding> {
  const rig = await bench.rig()
  const evidence: string[] = []
  const given: number[] = []
  for (let inside = 42_000; inside < 42_024; inside += 2) {
    const outside = await colliding(rig, inside, evidence)
    given.push(...outside.filter((port) => port !== inside))
  }
  const steps = given.slice(1).map((port, index) => port - given[index]!)
  const small = steps.filter((step) => Math.abs(step) <= 16).length
  evidence.push(`ports given instead: ${given.join(', ')}`)
  return verdictOf(small <= steps.length / 4, evidence, {
    advice: 'Linux draws the first candidate at random since 2.6.21 unless a ruleset numbers ports itself',
  })
}

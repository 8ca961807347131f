import fc from 'fast-check'
import type { ModelProtocol } from '../../../src/model/index.ts'

/** An inside host, and one of its ports. */
export type Host = 0 | 1 | 2
export type Port = 0 | 1 | 2

/** One packet of a sequence, by roles: what addresses and ports it has follows from what happened before. */
export type Step = (
  | /** From a port of an inside host to a port of a server; `syn`: TCP begins anew, whatever was said before. */
  { readonly do: 'out'; readonly host: Host; readonly port: Port; readonly to: Remote; readonly syn: boolean }
  /** From a server to where a port of an inside host was seen last; never seen: to that port of the NAT. */
  | { readonly do: 'in'; readonly from: Remote; readonly host: Host; readonly port: Port; readonly syn: boolean }
  /** From a port of an inside host to where another one was seen last. */
  | {
      readonly do: 'hairpin'
      readonly host: Host
      readonly port: Port
      readonly peer: Host
      readonly peerPort: Port
    }
  /** Milliseconds in which nothing happens. */
  | { readonly do: 'wait'; readonly ms: number }
  /** Seconds that pass for the NAT at once. */
  | { readonly do: 'elapse'; readonly seconds: number }
) & {
  /** Where a sequence has more than one. */
  readonly protocol?: ModelProtocol
}

export type PacketStep = Exclude<Step, { do: 'wait' | 'elapse' }>

/** Endpoints outside: two ports of one server, another server, and a third host. */
export type Remote = 0 | 1 | 2 | 3
export const REMOTES: Readonly<Record<Remote, readonly [host: number, port: number]>> = {
  0: [0, 3478],
  1: [0, 3479],
  2: [1, 3478],
  3: [2, 5000],
}
/** The last one is among those that Linux treats as privileged. */
export const PORTS = [40000, 40001, 500] as const

const few = fc.constantFrom(0 as const, 1 as const)
const remote = fc.constantFrom<Remote>(0, 1, 2, 3)

interface Choice {
  readonly hairpin?: boolean
  readonly length?: number
}

/** Sequences of one protocol, of two hosts with two ports each. */
export function sequences(
  protocol: ModelProtocol,
  { hairpin = true, length = 14 }: Choice = {},
): fc.Arbitrary<PacketStep[]> {
  const kinds = packets(few, few, protocol === 'tcp' ? fc.boolean() : fc.constant(false), hairpin)
  return fc.array(fc.oneof(...kinds), { minLength: 1, maxLength: length, size: 'max' })
}

/** What a NAT of several hosts goes through: UDP, TCP and echoes side by side, and time. `seconds`: how many may pass at once. */
export function journeys(seconds: readonly number[], length: number): fc.Arbitrary<Step[]> {
  const host = fc.constantFrom<Host>(0, 0, 0, 1, 1, 2)
  const port = fc.constantFrom<Port>(0, 0, 0, 1, 1, 2)
  const kinds: fc.WeightedArbitrary<Step>[] = packets(host, port, fc.constantFrom(false, false, true), true).map(
    ({ arbitrary, weight }) => ({
      arbitrary: fc
        .tuple(arbitrary, fc.constantFrom<ModelProtocol>('udp', 'udp', 'udp', 'tcp', 'tcp', 'icmp-echo'))
        .map(
          ([step, protocol]): Step => ({ ...step, protocol: step.do === 'hairpin' ? transport(protocol) : protocol }),
        ),
      weight,
    }),
  )
  if (seconds.length > 0) {
    const elapse = fc.record({ do: fc.constant('elapse' as const), seconds: fc.constantFrom(...seconds) })
    kinds.push({ arbitrary: elapse, weight: 2 })
  }
  return fc.array(fc.oneof(...kinds), { minLength: 1, maxLength: length, size: 'max' })
}

/** Echoes are not hairpinned. */
function transport(protocol: ModelProtocol): ModelProtocol {
  return protocol === 'icmp-echo' ? 'udp' : protocol
}

function packets(
  host: fc.Arbitrary<Host>,
  port: fc.Arbitrary<Port>,
  syn: fc.Arbitrary<boolean>,
  hairpin: boolean,
): fc.WeightedArbitrary<PacketStep>[] {
  const out = fc.record({ do: fc.constant('out' as const), host, port, to: remote, syn })
  const into = fc.record({ do: fc.constant('in' as const), from: remote, host, port, syn })
  const turn = fc.record({ do: fc.constant('hairpin' as const), host, port, peer: host, peerPort: port })
  return [
    { arbitrary: out, weight: 5 },
    { arbitrary: into, weight: 4 },
    ...(hairpin ? [{ arbitrary: turn, weight: 2 }] : []),
  ]
}

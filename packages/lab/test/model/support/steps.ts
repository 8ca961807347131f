import fc from 'fast-check'
import type { ModelProtocol } from '../../../src/model/index.ts'

/** One packet of a sequence, by roles: what addresses and ports it has follows from what happened before. */
export type Step =
  /** From a port of an inside host to a port of a server; `syn`: TCP begins anew, whatever was said before. */
  | { readonly do: 'out'; readonly host: 0 | 1; readonly port: 0 | 1; readonly to: Remote; readonly syn: boolean }
  /** From a server to where a port of an inside host was seen last; never seen: to that port of the NAT. */
  | { readonly do: 'in'; readonly from: Remote; readonly host: 0 | 1; readonly port: 0 | 1; readonly syn: boolean }
  /** From a port of an inside host to where another one was seen last. */
  | {
      readonly do: 'hairpin'
      readonly host: 0 | 1
      readonly port: 0 | 1
      readonly peer: 0 | 1
      readonly peerPort: 0 | 1
    }
  /** Milliseconds in which nothing happens. */
  | { readonly do: 'wait'; readonly ms: number }

export type PacketStep = Exclude<Step, { do: 'wait' }>

/** Endpoints outside: two ports of one server, another server, and a third host. */
export type Remote = 0 | 1 | 2 | 3
export const REMOTES: Readonly<Record<Remote, readonly [host: number, port: number]>> = {
  0: [0, 3478],
  1: [0, 3479],
  2: [1, 3478],
  3: [2, 5000],
}
export const PORTS = [40000, 40001] as const

const host = fc.constantFrom(0 as const, 1 as const)
const remote = fc.constantFrom<Remote>(0, 1, 2, 3)

/** Sequences of one protocol. */
export function sequences(
  protocol: ModelProtocol,
  { hairpin = true, length = 14 }: { hairpin?: boolean; length?: number } = {},
): fc.Arbitrary<PacketStep[]> {
  const syn = protocol === 'tcp' ? fc.boolean() : fc.constant(false)
  const out = fc.record({ do: fc.constant('out' as const), host, port: host, to: remote, syn })
  const into = fc.record({ do: fc.constant('in' as const), from: remote, host, port: host, syn })
  const turn = fc.record({ do: fc.constant('hairpin' as const), host, port: host, peer: host, peerPort: host })
  const kinds: fc.WeightedArbitrary<PacketStep>[] = [
    { arbitrary: out, weight: 5 },
    { arbitrary: into, weight: 4 },
    ...(hairpin ? [{ arbitrary: turn, weight: 2 }] : []),
  ]
  return fc.array(fc.oneof(...kinds), { minLength: 1, maxLength: length, size: 'max' })
}

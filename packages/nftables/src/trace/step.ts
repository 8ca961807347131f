import type { Family } from '../expr/index.ts'
import type { KernelRule } from '../messages/index.ts'
import {
  decodeLink,
  decodeNetwork,
  decodeTransport,
  type LinkLayer,
  type NetworkLayer,
  type TransportLayer,
  transportProtocol,
} from './layers.ts'
import type { CtState, TracedVerdict, TraceMessage } from './message.ts'

/** An interface; without a name when it is gone. */
export interface TracedInterface {
  readonly index: number
  readonly name?: string
}

/** Which connection a packet belongs to (Linux 6.16). */
export interface TracedConnection {
  /** As conntrack names it: CTA_ID. */
  readonly id?: number
  readonly direction?: 'original' | 'reply'
  readonly state: readonly string[]
  readonly status: readonly string[]
}

/** A packet as a chain saw it. Layers are absent when they were not there, or are cut off. */
export interface PacketHeaders {
  readonly link?: LinkLayer
  readonly network?: NetworkLayer
  readonly transport?: TransportLayer
  readonly input?: TracedInterface
  readonly output?: TracedInterface
  readonly mark?: number
  readonly connection?: TracedConnection
  /** What the kernel gave: at most 20, 40 and 20 bytes. */
  readonly bytes: { readonly link?: Uint8Array; readonly network?: Uint8Array; readonly transport?: Uint8Array }
}

/** One step of a packet. */
export interface TraceStep {
  /** A rule that matched, a chain that was left at its end (`end`; `return` of older kernels), or the policy of a base chain. */
  readonly type: 'rule' | 'end' | 'return' | 'policy'
  readonly family: Family
  readonly table: string
  readonly chain: string
  readonly verdict: TracedVerdict
  /** Of a rule. */
  readonly handle?: bigint
  /** Of a rule, as long as it is there. */
  readonly rule?: KernelRule
  /** Of a rule: what it says. */
  readonly text?: string
  /** The packet as it was when it came into this chain: with the first step in each base chain. */
  readonly headers?: PacketHeaders
}

/** What steps need to know beside the message. */
export interface StepContext {
  interface(index: number): string | undefined
  rule(message: TraceMessage): KernelRule | undefined
  text(rule: KernelRule): string
}

export function stepOf(message: TraceMessage, headers: PacketHeaders | undefined, context: StepContext): TraceStep {
  const { family, table = '', chain = '', ruleHandle: handle } = message
  const rule = context.rule(message)
  return {
    type: message.type === 'rule' && handle === undefined ? 'end' : message.type,
    family,
    table,
    chain,
    verdict: message.policy === undefined ? (message.verdict ?? { verdict: 'continue' }) : { verdict: message.policy },
    ...(handle !== undefined && { handle }),
    ...(rule && { rule, text: context.text(rule) }),
    ...(headers && { headers }),
  }
}

const ARP = 0x0806

export function headersOf(message: TraceMessage, context: StepContext): PacketHeaders {
  const { mark, linkHeader, networkHeader, transportHeader } = message
  const link = linkHeader && decodeLink(linkHeader)
  const network = networkHeader && decodeNetwork(networkHeader, isArp(message, link))
  const protocol = transportProtocol(network)
  const transport = transportHeader && protocol !== undefined ? decodeTransport(transportHeader, protocol) : undefined
  const connection = connectionOf(message)
  return {
    ...(link && { link }),
    ...(network && { network }),
    ...(transport && { transport }),
    ...(message.iif !== undefined && { input: interfaceOf(message.iif, context) }),
    ...(message.oif !== undefined && { output: interfaceOf(message.oif, context) }),
    ...(mark !== undefined && { mark }),
    ...(connection && { connection }),
    bytes: {
      ...(linkHeader && { link: linkHeader }),
      ...(networkHeader && { network: networkHeader }),
      ...(transportHeader && { transport: transportHeader }),
    },
  }
}

function isArp({ family }: TraceMessage, link: LinkLayer | undefined): boolean {
  return family === 'arp' || link?.type === ARP
}

function interfaceOf(index: number, context: StepContext): TracedInterface {
  const name = context.interface(index)
  return { index, ...(name !== undefined && { name }) }
}

function connectionOf({ ctId, ctDirection, ctState, ctStatus }: TraceMessage): TracedConnection | undefined {
  if (ctState === undefined && ctId === undefined) return undefined
  return {
    ...(ctId !== undefined && { id: ctId }),
    ...(ctDirection !== undefined && { direction: ctDirection }),
    state: (ctState ?? []) as CtState[],
    status: ctStatus ?? [],
  }
}

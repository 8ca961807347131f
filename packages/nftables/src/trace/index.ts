export type {
  ArpLayer,
  IcmpLayer,
  Ipv4Layer,
  Ipv6Layer,
  LinkLayer,
  NetworkLayer,
  OtherLayer,
  PortsLayer,
  TcpFlag,
  TcpLayer,
  TransportLayer,
} from './layers.ts'
export { type TracedVerdict, type TraceMessage, type TraceType, traceMessage, traceTypes } from './message.ts'
export type { Ended } from './packets.ts'
export type { PacketHeaders, TracedConnection, TracedInterface, TraceStep } from './step.ts'
export { ruleTexts } from './text.ts'
export {
  type LostSteps,
  Trace,
  type TracedPacket,
  type TraceEvent,
  type TraceOptions,
  trace,
  type UnknownStep,
} from './trace.ts'

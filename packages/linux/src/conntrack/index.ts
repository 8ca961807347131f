export * from './conntrack.ts'
export {
  type ConntrackEvent,
  type ConntrackEventOptions,
  conntrackEvents,
  decodeEvent,
  type FlowEventType,
} from './events.ts'
export { type FlowFilter, flowMatches, type TupleFilter } from './filter.ts'
export {
  FLOW_STATUS,
  type Flow,
  type FlowAttributes,
  type FlowCounters,
  type FlowHelper,
  type FlowTimes,
  flowAttributes,
  type ProtocolInfo,
  type StatusFlag,
  TCP_STATES,
  type TcpInfo,
  type TcpState,
  toFlow,
} from './flow.ts'
export { type NamedProtocol, PROTOCOLS, type Protocol, protocolName, protocolNumber } from './protocol.ts'
export { type Family, type Tuple, tuple as tupleCodec } from './tuple.ts'

export {
  type AnswerSyn,
  assign,
  byMap,
  type ConnectionCount,
  connections,
  dup,
  type Elsewhere,
  fwd,
  type ObjectMap,
  type ObjectReference,
  type Offload,
  offload,
  type QueueOptions,
  type Quota,
  queue,
  quota,
  type RemoveOption,
  removeTcpOption,
  synproxy,
  type ToQueue,
  type TransparentProxy,
  tproxy,
} from './action.ts'
export {
  type BaseChain,
  Chain,
  type ChainOptions,
  type ChainType,
  type Hook,
  type PriorityName,
  priorities,
} from './chain.ts'
export type { ElementColumns, Extra, PackedInput } from './columns.ts'
export { type HashOptions, ipsec, jhash, numgen, osf, raw, route, socket, symhash } from './computed.ts'
export { type ByteOrder, type DataType, datatype, datatypes, type TypeName, type Values } from './datatype.ts'
export { type Duration, formatDuration, parseDuration } from './duration.ts'
export { DynamicUpdate, type UpdateOptions } from './dynamic.ts'
export type { Counted, Element, ElementInput, ElementOptions, EntryInput, MapType, MapValue } from './element.ts'
export { parseElement, parseEntry } from './element.ts'
export { ModelError } from './error.ts'
export {
  dst,
  type Extension,
  frag,
  hbh,
  ipOptions,
  mh,
  routing,
  sctpChunk,
  srh,
  tcpOptionNumber,
  tcpOptions,
} from './extension.ts'
export { FlowtableDefinition, type FlowtableInput } from './flowtable.ts'
export type { Header } from './header.ts'
export { arp, ether, ip, ip6, vlan } from './headers.ts'
export { icmp, icmpv6, igmp } from './icmp.ts'
export { formatInterval, type Interval, parseInterval } from './interval.ts'
export { formatKey, formatKeyValue, type Key, type KeyValue, parseKeyValue, type Value } from './key.ts'
export type { Compare, Flags, SetLookup, VerdictMap } from './match.ts'
export {
  dnat,
  type Masquerade,
  masquerade,
  type Nat,
  type NatOption,
  type NatTarget,
  type Redirect,
  redirect,
  snat,
} from './nat.ts'
export type {
  CounterObject,
  CtExpectationObject,
  CtExpectationOptions,
  CtHelperObject,
  CtHelperOptions,
  CtTimeoutObject,
  CtTimeoutOptions,
  LimitObject,
  ObjectDefinition,
  ObjectKind,
  ObjectOptions,
  ParsedQuota,
  QuotaInput,
  QuotaObject,
  SynproxyObject,
  SynproxyOptions,
} from './object.ts'
export type { AnyNumber, Computed, Constant, MapLookup, Operand, ParsedOperand } from './operand.ts'
export type { Rate, RateInput, RateUnit } from './rate.ts'
export { type Comment, comment, type Rule, rule } from './rule.ts'
export { Ruleset } from './ruleset.ts'
export { Concatenation, concat, Field, FlagField, NumberField, Selector, ValueField } from './selector.ts'
export {
  type CtTuple,
  ct,
  fib,
  iif,
  iifname,
  LabelField,
  meta,
  oif,
  oifname,
  tcp,
} from './selectors.ts'
export {
  AnonymousSet,
  type ElementsInput,
  MapDefinition,
  SetDefinition,
  type SetFlag,
  type SetOptions,
} from './set.ts'
export {
  type Count,
  clampMaximumSegment,
  counter,
  type LogFlag,
  type LogOptions,
  type LogPacket,
  limit,
  log,
  type MaximumSegment,
  notrack,
  type RateLimit,
  type Refuse,
  type RejectOptions,
  reject,
  type Statement,
  type Untrack,
} from './statement.ts'
export { Table, type TableOptions, type TableWatch } from './table.ts'
export { ah, comp, dccp, esp, sctp, th, udp, udplite } from './transport.ts'
export { accept, type ChainReference, drop, goto, jump, proceed, returnToCaller, type Verdict } from './verdict.ts'
export { MarkField, type SetField, WritableField, WritableFlags } from './writable.ts'

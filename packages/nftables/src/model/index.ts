export {
  type BaseChain,
  Chain,
  type ChainOptions,
  type ChainType,
  type Hook,
  type PriorityName,
  priorities,
} from './chain.ts'
export { type ByteOrder, type DataType, datatype, datatypes, type TypeName, type Values } from './datatype.ts'
export { type Duration, formatDuration, parseDuration } from './duration.ts'
export { DynamicUpdate, type UpdateOptions } from './dynamic.ts'
export type { Element, ElementInput, ElementOptions, EntryInput, MapType, MapValue } from './element.ts'
export { parseElement, parseEntry } from './element.ts'
export { ModelError } from './error.ts'
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
export type { CounterObject } from './object.ts'
export type { Constant, MapLookup, Operand, ParsedOperand } from './operand.ts'
export type { Rate, RateInput, RateUnit } from './rate.ts'
export { type Comment, comment, type Rule, rule } from './rule.ts'
export { Ruleset } from './ruleset.ts'
export { Concatenation, concat, Field, FlagField, NumberField, Selector, ValueField } from './selector.ts'
export {
  type CtTuple,
  ct,
  ether,
  fib,
  icmp,
  icmpv6,
  iif,
  iifname,
  ip,
  ip6,
  MarkField,
  meta,
  oif,
  oifname,
  type SetField,
  tcp,
  th,
  udp,
} from './selectors.ts'
export { AnonymousSet, MapDefinition, SetDefinition, type SetFlag, type SetOptions } from './set.ts'
export {
  type Count,
  clampMaximumSegment,
  counter,
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
export { Table } from './table.ts'
export { accept, type ChainReference, drop, goto, jump, proceed, returnToCaller, type Verdict } from './verdict.ts'

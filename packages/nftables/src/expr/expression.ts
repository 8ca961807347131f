import { listOf, Writer } from '@sallyport/linux'
import { type Bitwise, bitwise } from './bitwise.ts'
import { type Byteorder, byteorder } from './byteorder.ts'
import { type Cmp, cmp } from './cmp.ts'
import { type Ct, ct } from './ct.ts'
import { type Dup, dup } from './dup.ts'
import { type Dynset, dynset } from './dynset.ts'
import { type ExpressionField, expressionField } from './envelope.ts'
import { type Exthdr, exthdr } from './exthdr.ts'
import { type Fib, fib } from './fib.ts'
import { type FlowOffload, flowOffload } from './flowoffload.ts'
import { type Fwd, fwd } from './fwd.ts'
import { type Hash, hash } from './hash.ts'
import { type Immediate, immediate } from './immediate.ts'
import { type Inner, inner } from './inner.ts'
import { type Log, log } from './log.ts'
import { type Lookup, lookup } from './lookup.ts'
import { type Masq, masq } from './masq.ts'
import { type Meta, meta } from './meta.ts'
import { type Nat, nat } from './nat.ts'
import { type Notrack, notrack } from './notrack.ts'
import { type Numgen, numgen } from './numgen.ts'
import { type Objref, objref } from './objref.ts'
import { type Osf, osf } from './osf.ts'
import { type Payload, payload } from './payload.ts'
import { type Queue, queue } from './queue.ts'
import { type Range, range } from './range.ts'
import { type Redir, redir } from './redir.ts'
import { type Reject, reject } from './reject.ts'
import { type Rt, rt } from './rt.ts'
import { type Socket, socket } from './socket.ts'
import { type KnownStateful, statefulCodecs } from './stateful.ts'
import { type Synproxy, synproxy } from './synproxy.ts'
import { type Tproxy, tproxy } from './tproxy.ts'
import { type Tunnel, tunnel } from './tunnel.ts'
import type { UnknownExpression } from './unknown.ts'
import { type Xfrm, xfrm } from './xfrm.ts'
import { type Match, match, type Target, target } from './xt.ts'

/** The expressions that have a codec here. */
export type KnownExpression =
  | KnownStateful
  | Bitwise
  | Byteorder
  | Cmp
  | Ct
  | Dynset
  | Exthdr
  | Fib
  | Hash
  | Immediate
  | Log
  | Lookup
  | Masq
  | Meta
  | Nat
  | Notrack
  | Numgen
  | Objref
  | Payload
  | Range
  | Redir
  | Reject
  | Rt
  | Tproxy
  | Dup
  | FlowOffload
  | Fwd
  | Inner
  | Osf
  | Queue
  | Socket
  | Synproxy
  | Tunnel
  | Xfrm
  | Match
  | Target

/** One step of a rule. */
export type Expression = KnownExpression | UnknownExpression

/** One element of NFTA_RULE_EXPRESSIONS: NFTA_EXPR_NAME and NFTA_EXPR_DATA. */
export const expressionElement: ExpressionField<KnownExpression> = expressionField<KnownExpression>({
  ...statefulCodecs,
  bitwise,
  byteorder,
  cmp,
  ct,
  dynset,
  exthdr,
  fib,
  hash,
  immediate,
  log,
  lookup,
  masq,
  meta,
  nat,
  notrack,
  numgen,
  objref,
  payload,
  range,
  redir,
  reject,
  rt,
  tproxy,
  dup,
  flow_offload: flowOffload,
  fwd,
  inner,
  osf,
  queue,
  socket,
  synproxy,
  tunnel,
  xfrm,
  match,
  target,
})

const expressionList = listOf(1, expressionElement, 'NFTA_LIST_ELEM')

/** The same without state (counts, quota used, last) and in the form in which the kernel dumps it. */
export function canonical(expression: Expression): Expression {
  return expressionElement.canonical(expression)
}

/** A text that is the same for two rules exactly when they do the same; for keys of maps. */
export function ruleIdentity(expressions: readonly Expression[]): string {
  const out = new Writer(256, { afresh: true })
  expressionList.write(out, expressions.map(canonical))
  return Buffer.from(out.finish()).toString('base64')
}

/** Do both do the same? What was compiled compares equal with what the kernel dumps of it. */
export function sameExpressions(a: readonly Expression[], b: readonly Expression[]): boolean {
  return a.length === b.length && ruleIdentity(a) === ruleIdentity(b)
}

import type { Expression, Verdict as KernelVerdict, logFlags } from '../expr/index.ts'
import { ModelError } from '../model/error.ts'
import { internetProtocols, rejectIcmp, rejectIcmpv6, rejectIcmpx } from '../model/names.ts'
import type { Count, LogFlag, LogPacket, MaximumSegment, Refuse } from '../model/statement.ts'
import type { Verdict } from '../model/verdict.ts'
import type { Context } from './context.ts'
import { newCounter } from './dynamic.ts'

export function kernelVerdict(verdict: Verdict): KernelVerdict {
  return 'chain' in verdict ? { code: verdict.verdict, chain: verdict.chain } : { code: verdict.verdict }
}

export function compileVerdict(verdict: Verdict, context: Context): Expression[] {
  if ('chain' in verdict) context.chain(verdict.chain)
  return [{ expr: 'immediate', dreg: 0, data: { verdict: kernelVerdict(verdict) } }]
}

export function compileCounter({ object }: Count, context: Context): Expression[] {
  if (object === undefined) return [newCounter()]
  return [{ expr: 'objref', immType: 'counter', immName: context.object(object) }]
}

/** Of the model's words to the kernel's, in the order of their bits. */
const logWords: Readonly<Record<LogFlag, keyof typeof logFlags>> = {
  'tcp sequence': 'tcpseq',
  'tcp options': 'tcpopt',
  'ip options': 'ipopt',
  skuid: 'uid',
  ether: 'macdecode',
}

function logBits(given: readonly LogFlag[]): (keyof typeof logFlags)[] {
  const words = Object.keys(logWords) as LogFlag[]
  return words.filter((word) => given.includes(word)).map((word) => logWords[word])
}

export function compileLog({ prefix, group, snaplen, queueThreshold, level, flags }: LogPacket): Expression[] {
  return [
    {
      expr: 'log',
      ...(prefix !== undefined && { prefix }),
      ...(group !== undefined && { group }),
      ...(snaplen !== undefined && { snaplen }),
      ...(queueThreshold !== undefined && { qthreshold: queueThreshold }),
      ...(level !== undefined && { level }),
      ...(flags !== undefined && flags.length > 0 && { flags: logBits(flags) }),
    },
  ]
}

export function compileReject(statement: Refuse, context: Context): Expression[] {
  const { with: kind, code } = resolved(statement, context)
  switch (kind) {
    case 'icmpx':
      return [{ expr: 'reject', type: 'icmpx_unreach', icmpCode: rejectIcmpx[code as keyof typeof rejectIcmpx] }]
    case 'icmp':
      context.before(context.protocols.needNetwork('ip'))
      return [{ expr: 'reject', type: 'icmp_unreach', icmpCode: rejectIcmp[code as keyof typeof rejectIcmp] }]
    case 'icmpv6':
      context.before(context.protocols.needNetwork('ip6'))
      return [{ expr: 'reject', type: 'icmp_unreach', icmpCode: rejectIcmpv6[code as keyof typeof rejectIcmpv6] }]
    case 'tcp':
      context.before(context.protocols.needTransport('tcp', internetProtocols.tcp))
      return [{ expr: 'reject', type: 'tcp_rst', icmpCode: 0 }]
  }
}

/** In a table of one family there is no icmpx; the default means the family's own. */
function resolved(statement: Refuse, { table }: Context): Refuse {
  if (statement.with !== 'icmpx' || table.family === 'inet' || table.family === 'bridge') return statement
  if (statement.code !== 'port-unreachable') {
    throw new ModelError(`reject with icmpx in a table of family ${table.family}`, 'use icmp or icmpv6')
  }
  return { ...statement, with: table.family === 'ip6' ? 'icmpv6' : 'icmp' }
}

const TCPOPT_MAXSEG = 2
/** Behind kind and length (RFC 9293 section 3.2). */
const MAXSEG_OFFSET = 2

export function compileMaximumSegment({ size }: MaximumSegment): Expression[] {
  const write: Expression = {
    expr: 'exthdr',
    sreg: 1,
    type: TCPOPT_MAXSEG,
    offset: MAXSEG_OFFSET,
    len: 2,
    op: 'tcpopt',
  }
  if (size === 'route') {
    return [
      { expr: 'rt', key: 'tcpmss', dreg: 1 },
      { expr: 'byteorder', sreg: 1, dreg: 1, op: 'hton', len: 2, size: 2 },
      write,
    ]
  }
  return [{ expr: 'immediate', dreg: 1, data: { value: Uint8Array.of(size >> 8, size & 0xff) } }, write]
}

import type { Expression } from '../expr/index.ts'
import type {
  ConnectionCount,
  Elsewhere,
  ObjectMap,
  ObjectReference,
  Offload,
  RemoveOption,
  ToQueue,
  TransparentProxy,
} from '../model/action.ts'
import { ModelError } from '../model/error.ts'
import type { Context } from './context.ts'
import { load } from './load.ts'
import { objectType } from './objects.ts'
import { compileOperand } from './operand.ts'
import { Registers, register } from './registers.ts'

/** Statements that hand the packet, or a copy, to somebody else, and such that refer to something of the table. */

export function compileReference({ object }: ObjectReference, context: Context): Expression[] {
  return [{ expr: 'objref', immType: objectType(object), immName: context.object(object) }]
}

export function compileObjectMap({ selector, map }: ObjectMap, context: Context): Expression[] {
  context.before(context.need(selector))
  const { name } = context.named(map)
  return [...load(selector, 0, { sorted: map.isInterval }), { expr: 'objref', setSreg: 1, setName: name }]
}

export function compileConnections({ count, over }: ConnectionCount): Expression[] {
  return [{ expr: 'connlimit', count, ...(over && { flags: ['inv'] }) }]
}

export function compileQueue({ first, last, to, bypass, fanout }: ToQueue, context: Context): Expression[] {
  const flags = [...(bypass ? (['bypass'] as const) : []), ...(fanout ? (['cpu_fanout'] as const) : [])]
  const more = flags.length > 0 ? { flags } : {}
  if (to !== undefined) return [...compileOperand(to, 0, context), { expr: 'queue', sregQnum: 1, ...more }]
  return [{ expr: 'queue', num: first, total: last - first + 1, ...more }]
}

export function compileTproxy({ family, address, port }: TransparentProxy, context: Context): Expression[] {
  if (!context.protocols.knowsTransport) {
    throw new ModelError('tproxy of an unknown protocol', "put a match such as meta.l4proto.eq('udp') before it")
  }
  const own = context.table.family === 'ip' || context.table.family === 'ip6' ? context.table.family : 'unspec'
  const registers = new Registers()
  const to = address && registers.take(16)
  const addressed = address === undefined ? [] : compileOperand(address, to!, context)
  const at = port && registers.take()
  const ported = port === undefined ? [] : compileOperand(port, at!, context)
  return [
    ...addressed,
    ...ported,
    {
      expr: 'tproxy',
      family: family ?? own,
      ...(to !== undefined && { regAddr: register(to) }),
      ...(at !== undefined && { regPort: register(at) }),
    },
  ]
}

/** A copy goes to an address first, a forwarded packet to an interface first: so nft takes the registers. */
export function compileElsewhere(statement: Elsewhere, context: Context): Expression[] {
  return statement.statement === 'dup' ? compileDup(statement, context) : compileFwd(statement, context)
}

function compileDup({ address, device }: Elsewhere, context: Context): Expression[] {
  const registers = new Registers()
  const to = address && registers.take()
  const addressed = address === undefined ? [] : compileOperand(address, to!, context)
  const by = device && registers.take()
  const out = device === undefined ? [] : compileOperand(device, by!, context)
  return [
    ...addressed,
    ...out,
    {
      expr: 'dup',
      ...(to !== undefined && { sregAddr: register(to) }),
      ...(by !== undefined && { sregDev: register(by) }),
    },
  ]
}

function compileFwd({ family, address, device }: Elsewhere, context: Context): Expression[] {
  const registers = new Registers()
  const by = registers.take()
  const out = compileOperand(device!, by, context)
  if (address === undefined) return [...out, { expr: 'fwd', sregDev: register(by) }]
  const to = registers.take()
  const addressed = compileOperand(address, to, context)
  return [...out, ...addressed, { expr: 'fwd', sregDev: register(by), sregAddr: register(to), nfproto: family }]
}

export function compileOffload({ flowtable }: Offload, context: Context): Expression[] {
  if (!context.table.flowtables.includes(flowtable)) {
    throw new ModelError(`flowtable '${flowtable.name}' is not of this table`, 'make it with table.flowtable(…)')
  }
  return [{ expr: 'flow_offload', tableName: flowtable.name }]
}

export function compileRemoveOption({ kind }: RemoveOption): Expression[] {
  return [{ expr: 'exthdr', type: kind, op: 'tcpopt' } as Expression]
}

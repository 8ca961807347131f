import type { Expression, ObjectType } from '../expr/index.ts'
import { commentUserdata, type KernelFlowtable, type KernelObject, type ObjectData } from '../messages/index.ts'
import type { FlowtableDefinition } from '../model/flowtable.ts'
import { internetProtocols } from '../model/names.ts'
import type { ObjectDefinition, SynproxyOptions, TransportName } from '../model/object.ts'
import type { Table } from '../model/table.ts'
import { compileRate } from './dynamic.ts'

/** A named object as the kernel takes it. */
export function compileObject(table: Table, object: ObjectDefinition): KernelObject {
  const userdata = commentUserdata(object.comment)
  return {
    family: table.family,
    table: table.name,
    name: object.name,
    data: dataOf(table, object),
    ...(userdata && { userdata }),
  }
}

function dataOf(table: Table, object: ObjectDefinition): ObjectData {
  switch (object.object) {
    case 'counter':
      return { expr: 'counter', bytes: 0n, packets: 0n }
    case 'quota':
      return quotaData(object)
    case 'limit':
      return compileRate(object.rate) as ObjectData
    case 'ct_helper':
      return { expr: 'ct_helper', name: object.type, ...layers(table, object) }
    case 'ct_timeout':
      return { expr: 'ct_timeout', ...layers(table, object), policy: object.policy }
    case 'ct_expect': {
      const { dport, timeout, size } = object
      return { expr: 'ct_expect', ...layers(table, object), dport, timeout, size }
    }
    case 'synproxy':
      return synproxyData(object)
  }
}

/** Both protocols of a connection; nft's default of the lower one is the table's family. */
function layers(
  { family }: Table,
  { protocol, l3proto }: { protocol: TransportName; l3proto?: 'ip' | 'ip6' },
): { l3proto: 'inet' | 'ip' | 'ip6'; l4proto: number } {
  const own = family === 'ip' || family === 'ip6' ? family : 'inet'
  return { l3proto: l3proto ?? own, l4proto: internetProtocols[protocol] }
}

/** Of the statement and of the named object. */
export function quotaData({
  bytes,
  over,
  used,
}: {
  readonly bytes: bigint
  readonly over: boolean
  readonly used: bigint
}): Extract<Expression, { expr: 'quota' }> {
  return { expr: 'quota', bytes, consumed: used, ...(over && { flags: ['inv' as const] }) }
}

export function synproxyData(options: SynproxyOptions): Extract<Expression, { expr: 'synproxy' }> {
  const { mss, wscale, timestamp, sackPermitted } = options
  const flags = [
    ...(mss === undefined ? [] : (['mss'] as const)),
    ...(wscale === undefined ? [] : (['wscale'] as const)),
    ...(sackPermitted ? (['sack_perm'] as const) : []),
    ...(timestamp ? (['timestamp'] as const) : []),
  ]
  return {
    expr: 'synproxy',
    ...(mss !== undefined && { mss }),
    ...(wscale !== undefined && { wscale }),
    ...(flags.length > 0 && { flags }),
  }
}

/** The kernel's name of the kind, for the statement that refers to one. */
export function objectType({ object }: ObjectDefinition): ObjectType {
  return object
}

export function compileFlowtable(table: Table, flowtable: FlowtableDefinition): KernelFlowtable {
  const { name, devices, priority, counter, offload } = flowtable
  const flags = [...(offload ? (['hw_offload'] as const) : []), ...(counter ? (['counter'] as const) : [])]
  return {
    family: table.family,
    table: table.name,
    name,
    hook: { num: 0, priority, ...(devices.length > 0 && { devices: [...devices] }) },
    flags,
  }
}

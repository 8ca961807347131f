import {
  type Chain,
  ct,
  drop,
  goto,
  iifname,
  ip,
  jump,
  type MapDefinition,
  masquerade,
  meta,
  type NatOption,
  numgen,
  type Operand,
  oifname,
  type Statement,
  snat,
  type Table,
} from '@sallyport/nftables'
import { type Behaviour, preservesPort } from '../behaviour.ts'
import type { Site } from '../preset.ts'
import { candidate, header, mappingKey, type Transport } from './keys.ts'
import type { Learned } from './learned.ts'

type Port = Operand<'inet_service'>

/** One of the two ways on which a source is rewritten: to the internet, and back inside (hairpinning). */
interface Way {
  readonly name: 'outward' | 'hairpin'
  readonly rewrite: (port?: Port, options?: readonly NatOption[]) => Statement
}

/** A flow whose external port is its mapping's by right carries this mark (ct mark). */
export const RIGHTFUL = 1
/** A packet that fails here stops here: of one mapping, of one external endpoint. */
export const ONCE = { limit: { packets: 1, per: 'week', burst: 1 } } as const

const DYNAMIC_PORTS = '1024-65535' // RFC 6335 section 6: above the System Ports
const SEQUENCE = { first: 20_000, count: 1024 }
/** Every port is tried before a packet is dropped: rows of tries, so that 64 rules do for 1024 of them. */
const MOST_IN_A_ROW = 32

/** First packets on their way out: which external endpoint their mapping has, or gets. */
export function defineLeaving(
  table: Table,
  { hairpin, pooling }: Behaviour,
  site: Site,
  protocols: readonly Learned[],
): void {
  const pooled = site.external.length > 1
  const ways = hairpin === 'external-source' ? [outward(pooled), inward(pooled)] : [outward(pooled)]
  if (pooled) definePool(table, site, pooling)
  for (const learned of protocols) {
    const draw = defineDraw(table, learned)
    for (const way of ways) defineWay(table, way, learned, { draw, pooled })
  }
  const leave = table.chain('leave', { type: 'nat', hook: 'postrouting', priority: 'srcnat' })
  const lan = iifname.in([...site.lan])
  for (const { shape } of protocols) {
    const on = meta.l4proto.eq(shape.transport)
    leave.rule(lan, oifname.eq(site.wan), on, jump(`${shape.transport}_outward`))
    if (hairpin === 'external-source')
      leave.rule(lan, oifname.in([...site.lan]), on, ct.status.any('dnat'), jump(`${shape.transport}_hairpin`))
  }
  if (pooled) leave.rule(lan, oifname.eq(site.wan), jump('pool'))
  leave.rule(lan, oifname.eq(site.wan), pooled ? snat({ to: ip.saddr }) : masquerade())
}

const outward = (pooled: boolean): Way => ({
  name: 'outward',
  rewrite: (port, options) =>
    pooled ? snat({ to: ip.saddr, ...target(port, options) }) : masquerade(target(port, options)),
})

/** RFC 4787 REQ-9a: the source is the external endpoint; without a pool its address is the one that was dialled. */
const inward = (pooled: boolean): Way => ({
  name: 'hairpin',
  rewrite: (port, options) => snat({ to: pooled ? ip.saddr : ct.original.ip.daddr, ...target(port, options) }),
})

function target(port: Port | undefined, options: readonly NatOption[] = []) {
  return { ...(port !== undefined && { port }), options }
}

/** Writes an external address into the packet (RFC 4787 REQ-2: `paired` is the same for a host every time). */
function definePool(table: Table, { external }: Site, pooling: Behaviour['pooling']): void {
  const next = numgen('incremental', { modulus: external.length }).mapTo(
    'ipv4_addr',
    external.map((address, index) => [index, address] as const),
  )
  const pool = table.chain('pool')
  if (pooling === 'arbitrary') {
    pool.rule(ip.saddr.set(next))
    return
  }
  const paired = table.map('paired', { type: 'ipv4_addr', value: 'ipv4_addr', flags: ['dynamic'], size: 65536 })
  const host = ct.original.ip.saddr
  pool.rule(host.notIn(paired), paired.add(host, next)).rule(ip.saddr.set(host.map(paired)))
}

interface Choice {
  /** The chain that draws ports one by one. */
  readonly draw: string | undefined
  readonly pooled: boolean
}

function defineWay(table: Table, way: Way, learned: Learned, choice: Choice): void {
  const { pin, starting, shape } = learned
  const mapping = mappingKey(shape)
  const on = meta.l4proto.eq(shape.transport)
  const name = `${shape.transport}_${way.name}`
  const chain = table.chain(name)
  const first = table.chain(`${name}_first`)
  if (pin !== undefined) {
    const pinned = choice.pooled
      ? snat({ to: mapping.map(pin) as never })
      : way.rewrite(mapping.map(pin) as never, ['random'])
    chain.rule(on, mapping.in(pin), ct.mark.set(RIGHTFUL), pinned)
  }
  if (starting !== undefined) chain.rule(on, starting.add(mapping, ONCE), goto(first)).rule(drop())
  else chain.rule(goto(first))
  if (choice.pooled) first.rule(jump('pool'))
  chooseFirst(table, first, way, learned, choice)
}

/** The port of a new mapping (RFC 4787 section 4.2). */
function chooseFirst(table: Table, first: Chain, way: Way, learned: Learned, { draw }: Choice): void {
  const { behaviour, claim, shape } = learned
  const { transport } = shape
  const on = meta.l4proto.eq(transport)
  if (preservesPort(behaviour.ports)) {
    if (claim === undefined) first.rule(on, way.rewrite())
    else first.rule(on, ...mine(learned), kept(way, transport))
  }
  if (draw !== undefined) defineDrawn(table, first, way, learned, draw)
  else first.rule(on, way.rewrite(rangeOf(behaviour.ports), ['random']))
}

/** Nobody else has the candidate, nor will have: it is the mapping's by right. */
function mine(learned: Learned): Statement[] {
  return [
    ...unremembered(learned),
    ...(learned.claim ? [learned.claim.add(candidate(learned.shape), ONCE)] : []),
    ct.mark.set(RIGHTFUL),
  ]
}

/** The candidate's tuple is not that of something unsolicited. Of mappings alone the claims would do. */
function unremembered({ remembered, shape }: Learned): Statement[] {
  if (remembered === undefined) return []
  return [candidate(shape, ip.daddr, header(shape.transport).dport).notIn(remembered)]
}

/**
 * The port that stands in the packet. `random` in a range of one: nothing is left to chance, but the kernel looks at
 * who has the port, which clears expired connections away, and no older flow's port is preferred (get_unique_tuple).
 */
function kept(way: Way, transport: Transport): Statement {
  return way.rewrite(header(transport).sport, ['random'])
}

function rangeOf(ports: Learned['behaviour']['ports']): `${number}-${number}` {
  return typeof ports === 'object' ? `${ports.range[0]}-${ports.range[1]}` : DYNAMIC_PORTS
}

/** Of larger ranges the kernel picks, which knows ports in use by flows to one destination only. */
const MOST_DRAWN = 1024

/** The ports that are drawn one by one: [first, count]. Undefined: the kernel picks, which may share them. */
function drawn({ ports, overloading }: Learned['behaviour']): readonly [first: number, count: number] | undefined {
  if (ports === 'sequential' || (ports === 'parity' && !overloading)) return [SEQUENCE.first, SEQUENCE.count]
  if (typeof ports !== 'object' || overloading) return undefined
  const count = ports.range[1] - ports.range[0] + 1
  return count <= MOST_DRAWN ? [ports.range[0], count] : undefined
}

/** A chain that writes the next port into the packet; its name. */
function defineDraw(table: Table, { behaviour, shape }: Learned): string | undefined {
  const range = drawn(behaviour)
  if (range === undefined) return undefined
  const [first, count] = range
  const { sport } = header(shape.transport)
  const chain = table.chain(`${shape.transport}_draw`)
  const next = numgen('incremental', { modulus: count })
  const numbered = (name: string, portOf: (index: number) => number): MapDefinition<'number32', 'inet_service'> =>
    table.map(`${shape.transport}_${name}`, {
      type: 'number32',
      value: 'inet_service',
      elements: Array.from({ length: count }, (_, index) => [index, portOf(index)] as const),
    })
  if (behaviour.ports === 'parity') {
    for (const [name, odd] of [
      ['even', 0],
      ['odd', 1],
    ] as const) {
      chain.rule(sport.masked(1).eq(odd), sport.set(next.map(numbered(name, (index) => first + 2 * index + odd))))
    }
  } else chain.rule(sport.set(next.map(numbered('ports', (index) => first + index))))
  return chain.name
}

function repeated(chain: Chain, what: Chain, times: number): Chain {
  for (let number = 0; number < times; number += 1) chain.rule(jump(what))
  return chain
}

/** Draws until a port is free. None: nothing is sent, and the next packet tries again. */
function defineDrawn(table: Table, first: Chain, way: Way, learned: Learned, draw: string): void {
  const { behaviour, claim, starting, shape } = learned
  const on = meta.l4proto.eq(shape.transport)
  if (claim === undefined) {
    first.rule(jump(draw)).rule(on, kept(way, shape.transport))
    return
  }
  const attempt = table
    .chain(`${first.name}_try`)
    .rule(jump(draw))
    .rule(on, ...mine(learned), kept(way, shape.transport))
  const [, count] = drawn(behaviour)!
  const some = Math.min(count, MOST_IN_A_ROW)
  const row = repeated(table.chain(`${first.name}_row`), attempt, some)
  repeated(first, row, Math.ceil(count / some))
  if (starting !== undefined) first.rule(on, starting.delete(mappingKey(shape)))
  first.rule(drop())
}

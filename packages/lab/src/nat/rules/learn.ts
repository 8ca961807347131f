import {
  type Chain,
  concat,
  ct,
  drop,
  goto,
  ip,
  jump,
  meta,
  oifname,
  returnToCaller,
  type Table,
} from '@sallyport/nftables'
import type { Site } from '../preset.ts'
import { header, inbound, mappingKey, outbound, passage, type View } from './keys.ts'
import type { Learned } from './learned.ts'
import { ONCE, RIGHTFUL } from './leave.ts'

/**
 * Behind the rewriting, where the external port is known: mappings are learned from their first packet, and kept by
 * those that follow. A filter chain: nat chains see first packets only.
 */
export function defineLearning(table: Table, site: Site, protocols: readonly Learned[]): void {
  const learn = table.chain('learn', { type: 'filter', hook: 'postrouting', priority: 101 })
  for (const learned of protocols) {
    const { transport } = learned.shape
    const on = meta.l4proto.eq(transport)
    const outboundOnly = learned.behaviour.refresh === 'outbound'
    if (learned.open !== undefined) defineOpened(table, learn, site, learned)
    if (learnsNothing(learned)) continue
    defineOpener(table, learned)
    defineReceiver(table, learned)
    const leaving = outboundOnly ? [ct.direction.eq('original')] : []
    learn.rule(on, ct.status.any('snat'), ...leaving, jump(`${transport}_opener`))
    const answering = outboundOnly ? [ct.direction.eq('reply')] : []
    if (learned.ext !== undefined) learn.rule(on, ct.status.any('dnat'), ...answering, jump(`${transport}_receiver`))
  }
}

function learnsNothing({ pin, claim, ext, contacted }: Learned): boolean {
  return [pin, claim, ext, contacted].every((set) => set === undefined)
}

/** The mapping of who opened the flow. A first packet that got a port which is not its own to have is dropped. */
function defineOpener(table: Table, learned: Learned): void {
  const { claim, pin, starting, shape } = learned
  const view = outbound(shape)
  const mapping = mappingKey(shape)
  const chain = table.chain(`${shape.transport}_opener`)
  const refresh = `${shape.transport}_refresh`
  defineRefreshes(table, refresh, view, mapping, learned)
  if (claim === undefined) {
    chain.rule(goto(refresh))
    return
  }
  chain.rule(ct.mark.eq(RIGHTFUL), goto(refresh))
  const on = meta.l4proto.eq(shape.transport)
  const again = starting === undefined ? [] : [starting.delete(mapping)]
  if (pin !== undefined) chain.rule(on, mapping.in(pin), ...again, drop())
  chain.rule(on, claim.add(view.external, ONCE), ct.mark.set(RIGHTFUL), goto(refresh))
  chain.rule(on, ...again, drop())
}

/** The mapping of who was reached through it. Its flows keep it too, as long as it is there at all. */
function defineReceiver(table: Table, learned: Learned): void {
  const { ext, shape, behaviour, lifetimes } = learned
  if (ext === undefined) return
  const view = inbound(shape)
  const chain = table
    .chain(`${shape.transport}_receiver`)
    .rule(meta.l4proto.eq(shape.transport), view.external.notIn(ext), returnToCaller())
  const whole = behaviour.mapping === 'endpoint-independent'
  if (whole) {
    defineRefreshes(table, `${shape.transport}_reached`, view, view.inside, learned)
    chain.rule(goto(`${shape.transport}_reached`))
    return
  }
  if (lifetimes.short !== lifetimes.long) chain.rule(ct.expiration.le(lifetimes.short * 1000), returnToCaller())
  refresh(chain, view, undefined, learned, lifetimes.long)
}

/** Answered mappings live on, whatever other flows of theirs do. */
function defineRefreshes(table: Table, name: string, view: View, mapping: View['inside'], learned: Learned): void {
  const { answered, lifetimes } = learned
  const { short, long } = lifetimes
  const chain = table.chain(name)
  if (short === long) {
    refresh(chain, view, mapping, learned, long)
    return
  }
  const brief = table.chain(`${name}_brief`)
  refresh(brief, view, mapping, learned, short)
  const on = meta.l4proto.eq(learned.shape.transport)
  chain.rule(on, ...(answered ? [mapping.notIn(answered)] : []), ct.expiration.le(short * 1000), goto(brief))
  if (answered !== undefined) {
    chain.rule(on, ct.expiration.gt(short * 1000), answered.update(mapping, { timeout: long * 1000 }))
  }
  refresh(chain, view, mapping, learned, long)
}

/** Starts the timeouts of everything about a mapping anew. */
function refresh(
  chain: Chain,
  view: View,
  mapping: View['inside'] | undefined,
  learned: Learned,
  seconds: number,
): void {
  const { pin, claim, ext, contacted, shape } = learned
  const timeout = seconds * 1000
  const on = meta.l4proto.eq(shape.transport)
  if (claim !== undefined) chain.rule(on, claim.update(view.external, { ...ONCE, timeout }))
  if (ext !== undefined) chain.rule(on, ext.update(view.external, view.inside as never, { timeout }))
  if (contacted !== undefined) chain.rule(on, contacted.update(view.peer, { timeout }))
  if (pin === undefined || mapping === undefined) return
  const [, ...external] = view.external.fields
  const value = external.length === 1 ? external[0]! : concat(...external)
  chain.rule(on, pin.update(mapping, value as never, { timeout }))
}

/** Every packet that goes out, the router's own too, opens the way for answers; packets that arrive do not. */
function defineOpened(table: Table, learn: Chain, { wan }: Site, { open, shape, behaviour, lifetimes }: Learned): void {
  const { sport, dport } = header(shape.transport)
  const { short, long } = lifetimes
  const key = passage(
    shape,
    behaviour.filtering,
    { address: ip.saddr, port: sport },
    { address: ip.daddr, port: dport },
  )
  const chain = table.chain(`${shape.transport}_leaves`)
  const on = meta.l4proto.eq(shape.transport)
  learn.rule(oifname.eq(wan), on, jump(chain))
  // Who dials another host's external endpoint from inside has a mapping of its own by that, open to everybody.
  if (behaviour.filtering === 'endpoint-independent')
    learn.rule(oifname.ne(wan), on, ct.status.any('snat'), ct.direction.eq('original'), jump(chain))
  if (short !== long)
    chain.rule(on, ct.expiration.le(short * 1000), open!.update(key, { timeout: short * 1000 }), returnToCaller())
  chain.rule(on, open!.update(key, { timeout: long * 1000 }))
}

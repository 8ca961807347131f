import type { Bench } from '../rig/bench.ts'
import { briefly, deliver } from '../rig/datagrams.ts'
import { enter, type Opened, open } from '../rig/flow.ts'
import { pause } from '../rig/pause.ts'
import type { Rig } from '../rig/rig.ts'

/** Something that happens to a fresh mapping before time passes. */
export type Event = (flow: Opened, rig: Rig) => Promise<unknown>

export const nothing: Event = async () => {}
export const answered: Event = ({ server, serverPort, external, host }) => deliver(server, serverPort, external, host)
export const again: Event = ({ host, port, server, serverPort }) => deliver(host, port, server.at(serverPort), server)

/** Seconds. A day: what lives that long is bound by a rule, not by a timer. */
const ENDLESS = 86_400

/** Timers are rounded to a second somewhere. */
export const SLACK = 1

/** What is measured: a mapping towards a port, after an event. */
export interface Idle {
  readonly bench: Bench
  readonly serverPort?: number
  readonly event?: Event
  readonly evidence: string[]
}

/**
 * How many seconds a UDP mapping lives without a packet: the longest of the times that the router's memory has left
 * after which the server that was written to still gets in. 0 when it gets in after none of them.
 */
export async function lifetimeOf(idle: Idle): Promise<number> {
  const { evidence } = idle
  const begun = await begin(idle)
  const candidates = begun === undefined ? [] : [ENDLESS, ...begun.rig.timesLeft()]
  for (const seconds of candidates) {
    if (!(await twice(async () => isAlive(await begin(idle), seconds - SLACK)))) continue
    evidence.push(`idle for ${seconds - SLACK} s: the server that was written to still gets in`)
    return seconds
  }
  evidence.push(`after ${candidates.join(' s, ')} s of silence the server that was written to does not get in`)
  return 0
}

/** What became of a mapping for which something happened somewhat later than its first packet. */
export type Refreshed = 'yes' | 'no' | 'endless' | 'unknown'

/** Seconds that pass for real before an event, so that a refreshed mapping is told from one that was not. */
const GAP = 2.2

/** Whether a mapping outlives its first packets' time when the event comes somewhat later than they. */
export async function refreshedBy(event: Event, { bench, evidence }: Idle): Promise<Refreshed> {
  const seconds = await lifetimeOf({ bench, evidence, event: answered })
  if (seconds === 0) return 'unknown'
  if (seconds === ENDLESS) return 'endless'
  const alive = await twice(async () => {
    const begun = await begin({ bench, evidence, event: answered })
    await pause(GAP * 1000)
    if (begun !== undefined) await event(begun.flow, begun.rig)
    return await isAlive(begun, seconds - SLACK)
  })
  const when = `${GAP} s after the last one, and ${seconds - SLACK} s of silence`
  evidence.push(`one more packet ${when}: the mapping is ${alive ? 'there' : 'gone'}`)
  return alive ? 'yes' : 'no'
}

interface Begun {
  readonly rig: Rig
  readonly flow: Opened
}

/** A mapping in a rig of its own: what one attempt leaves behind is nothing to the next. */
async function begin({ bench, serverPort = 3478, event = nothing }: Idle): Promise<Begun | undefined> {
  const rig = await bench.rig()
  const flow = await open('udp', rig.hosts[0], rig.port(), rig.servers[0], serverPort)
  if (flow === undefined) return undefined
  await event(flow, rig)
  return { rig, flow }
}

/** On a busy machine more time may pass between two steps than should: what fails is tried once more. */
async function twice(attempt: () => Promise<boolean>): Promise<boolean> {
  return (await attempt()) || (await attempt())
}

/** After so many seconds of silence, the server that was written to still gets in. */
async function isAlive(begun: Begun | undefined, seconds: number): Promise<boolean> {
  if (begun === undefined) return false
  const { rig, flow } = begun
  rig.age(seconds)
  const entered = await enter(rig, 'udp', flow.server, flow.serverPort, flow.external, briefly)
  return entered?.host === flow.host
}

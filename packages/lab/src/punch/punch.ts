import type { Socket } from 'node:dgram'
import { setTimeout as pause } from 'node:timers/promises'
import type { Endpoint } from '../traffic/endpoint.ts'
import { type Heard, Peer } from './peer.ts'
import { punchTcp } from './punch-tcp.ts'
import { answers, type Registration, type Rendezvous, register } from './rendezvous.ts'
import type { TcpPunchNode } from './tcp-peer.ts'

/** A host that can punch; nodes of the lab can. */
export interface PunchNode extends TcpPunchNode {
  readonly name: string
  udp(options: { readonly port: number }): Promise<Socket>
}

export interface PunchOptions {
  /** Default 'udp'. TCP is tried by simultaneous open. */
  readonly protocol?: 'udp' | 'tcp'
  readonly a: PunchNode
  readonly b: PunchNode
  readonly rendezvous: Rendezvous
  /** Milliseconds that `b` begins after `a`; default 0: in the same moment. */
  readonly stagger?: number
  /** Without a stagger, who is first all the same, by microseconds; default 'a'. */
  readonly first?: 'a' | 'b'
  /** Local port of both; default 40000. NATs remember: take another one for every attempt. */
  readonly port?: number
  /** Local ports of one or the other, where they have to be special. */
  readonly ports?: { readonly a?: number | undefined; readonly b?: number | undefined }
  /** How many probes each sends from when both have begun, until it is answered; default 6. */
  readonly probes?: number
  /** Milliseconds between two probes; default 50. */
  readonly interval?: number
}

/** One attempt. */
export interface PunchResult {
  /** Each got an answer from the other to a probe of its own. */
  readonly ok: boolean
  /** Milliseconds from when both had begun until both were answered; undefined: they were not. */
  readonly ms: number | undefined
  readonly a: PeerResult
  readonly b: PeerResult
  /** Its probes carry it, and nobody else's do. */
  readonly token: string
  /**
   * Of an attempt that failed: whether what the rendezvous sent to both after the last probe did arrive. To a peer
   * that it has never seen it can send nothing: then, whether it answers somebody else, and still not that peer.
   */
  readonly controlled: boolean
}

/** How it went on one side. */
export interface PeerResult extends Registration {
  readonly local: Endpoint
  /** Where answers come from, and packets go to. */
  readonly path: Endpoint | undefined
  readonly heard: readonly Heard[]
  readonly sent: number
  /** Sends that the own kernel refused, with its words. */
  readonly refused: readonly string[]
}

let attempts = 0

/**
 * Punches: both peers ask the rendezvous where they are seen, are told of each other, and send probes there from the
 * same socket. A working punch takes milliseconds. One that fails is believed after all probes of both were lost and
 * a packet from the rendezvous came after them.
 */
export async function punch(options: PunchOptions): Promise<PunchResult> {
  attempts += 1
  const token = `${attempts}`
  if (options.protocol === 'tcp') return punchTcp(options, token)
  const { rendezvous, port = 40000, ports = {} } = options
  await using a = new Peer(await options.a.udp({ port: ports.a ?? port }), 'a', token)
  await using b = new Peer(await options.b.udp({ port: ports.b ?? port }), 'b', token)
  const [seenA, seenB] = await Promise.all([register(a, rendezvous), register(b, rendezvous)])
  const known = seenA.advertised !== undefined && seenB.advertised !== undefined
  const ms = known ? await exchange(introduced(a, seenB), introduced(b, seenA), options) : undefined
  const controlled = ms === undefined && (await control(rendezvous, [a, seenA], [b, seenB]))
  return {
    ok: a.path !== undefined && b.path !== undefined,
    ms,
    a: resultOf(a, options.a, seenA),
    b: resultOf(b, options.b, seenB),
    token,
    controlled,
  }
}

function introduced(peer: Peer, { advertised }: Registration): Peer {
  peer.aim(advertised!)
  return peer
}

/** Milliseconds from the beginning of the later peer until both are answered. */
async function exchange(a: Peer, b: Peer, options: PunchOptions): Promise<number | undefined> {
  const { stagger = 0, first = 'a', probes = 6, interval = 50 } = options
  const stop = new AbortController()
  const answered = Promise.all([a.answered, b.answered]).then(() => performance.now())
  const ended = answered.then(() => stop.abort())
  const sent = [] as Promise<void>[]
  const begin = (peer: Peer, times: number): void => void sent.push(repeat(peer, times, interval, stop.signal))
  if (stagger === 0) {
    for (const peer of first === 'a' ? [a, b] : [b, a]) begin(peer, probes)
  } else {
    begin(a, probes + Math.ceil(stagger / interval))
    await pause(stagger)
    begin(b, probes)
  }
  const began = performance.now()
  await Promise.race([ended, Promise.all(sent)])
  if (a.path === undefined || b.path === undefined) return undefined
  return Math.max(0, (await answered) - began)
}

/** Sends a probe, and again after every interval, until all are sent or it is stopped. */
async function repeat(peer: Peer, times: number, interval: number, signal: AbortSignal): Promise<void> {
  for (let time = 0; time < times && !signal.aborted; time += 1) {
    await peer.probe()
    await pause(interval, undefined, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error
    })
  }
}

/** Whether something from the rendezvous still comes. */
async function control(rendezvous: Rendezvous, ...peers: readonly (readonly [Peer, Registration])[]): Promise<boolean> {
  const { first, second } = rendezvous
  const came = peers.map(async ([peer, { advertised }]) => {
    if (advertised === undefined) return (await answers(second, first)) && !(await answers(peer, first))
    const text = `control ${peer.token}`
    await first.send(text, advertised)
    return (await peer.tryReceive({ text, within: 500 })) !== undefined
  })
  return (await Promise.all(came)).every((each) => each)
}

function resultOf(peer: Peer, { address }: PunchNode, registration: Registration): PeerResult {
  const { path, heard, sent, refused } = peer
  return {
    ...registration,
    local: { address, port: peer.local.port },
    path,
    heard: [...heard],
    sent,
    refused: [...refused],
  }
}

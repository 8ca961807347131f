import { setTimeout as pause } from 'node:timers/promises'
import type { PunchOptions, PunchResult } from './punch.ts'
import { type Registration, type Rendezvous, registered } from './rendezvous.ts'
import { TcpPeer, type TcpPunchNode } from './tcp-peer.ts'

/** What is needed to punch over TCP. */
export interface TcpPunchOptions extends Omit<PunchOptions, 'a' | 'b'> {
  readonly a: TcpPunchNode
  readonly b: TcpPunchNode
}

/** Milliseconds since both began: the kernel has repeated the SYN of each by then, on a busy machine too. */
const patience = 2000

/**
 * The same over TCP: both connect from the port that the rendezvous saw them on, and listen there. A connection that
 * is refused is tried again after an `interval`; what nobody answers is repeated by the kernel, after 1 s.
 */
export async function punchTcp(options: TcpPunchOptions, token: string): Promise<PunchResult> {
  const { rendezvous, port = 40000, ports = {} } = options
  await using a = await TcpPeer.open(options.a, 'a', token, ports.a ?? port)
  await using b = await TcpPeer.open(options.b, 'b', token, ports.b ?? port)
  const [seenA, seenB] = await Promise.all(
    [a, b].map((peer) => registered(rendezvous.doors, (door) => peer.seenAt(door))),
  )
  const ms = await exchange([a, seenA!], [b, seenB!], options)
  const controlled = ms === undefined && (await control(rendezvous, [a, seenA!], [b, seenB!]))
  const result = (peer: TcpPeer, seen: Registration, { address }: TcpPunchNode): PunchResult['a'] => {
    const { path, heard, sent, refused } = peer
    return { ...seen, local: { address, port: peer.port }, path, heard: [...heard], sent, refused: [...refused] }
  }
  const ok = a.path !== undefined && b.path !== undefined
  return { ok, ms, token, controlled, a: result(a, seenA!, options.a), b: result(b, seenB!, options.b) }
}

async function exchange(
  [a, { advertised: atA }]: readonly [TcpPeer, Registration],
  [b, { advertised: atB }]: readonly [TcpPeer, Registration],
  { stagger = 0, first = 'a', interval = 50 }: TcpPunchOptions,
): Promise<number | undefined> {
  if (atA === undefined || atB === undefined) return undefined
  const calls = {
    a: () => a.call(atB, { interval, within: stagger + patience }),
    b: () => b.call(atA, { interval, within: patience }),
  }
  const early = stagger === 0 ? first : 'a'
  const begun = [calls[early]()]
  if (stagger > 0) await pause(stagger)
  begun.push(calls[early === 'a' ? 'b' : 'a']())
  const began = performance.now()
  const answered = Promise.all([a.answered, b.answered]).then(() => performance.now())
  const ended = await Promise.race([answered, Promise.all(begun).then(() => pause(interval))])
  return ended === undefined ? undefined : Math.max(0, ended - began)
}

/** Whether those that the rendezvous has seen still reach it, from another port, and the others still do not. */
async function control(
  { doors }: Rendezvous,
  ...peers: readonly (readonly [TcpPeer, Registration])[]
): Promise<boolean> {
  const agree = peers.map(async ([peer, seen]) => (await peer.reaches(doors[0])) === (seen.advertised !== undefined))
  return (await Promise.all(agree)).every((each) => each)
}

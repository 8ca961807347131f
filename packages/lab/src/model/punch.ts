import type { Endpoint } from '@sallyport/linux'
import type { Behaviour } from '../nat/behaviour.ts'
import { type ModelEvent, type ModelHost, ModelInternet } from './internet.ts'

/** A peer's NATs: one, or several with the outermost last. None: it is on the public internet. */
export type PeerNats = Behaviour | readonly Behaviour[]

export interface SimulatedPunchOptions {
  /** Milliseconds by which the second peer begins later; negative: earlier. Default 0. */
  readonly stagger?: number
  /** Milliseconds one way between a peer and the middle of the internet, or of each peer; default 10. */
  readonly delay?: number | readonly [first: number, second: number]
  /** How often each sends to where it believes the other to be; default 5. */
  readonly attempts?: number
  /** Milliseconds between two of them; default 100. */
  readonly interval?: number
  /** Local ports; default 40000 and 41000. */
  readonly ports?: readonly [first: number, second: number]
  /** Of the choices of random ports; default 1. */
  readonly seed?: number
}

export interface SimulatedPunch {
  /** Each got a packet of the other. */
  readonly open: boolean
  /** Whether a packet of the first came to the second, and the other way round. */
  readonly arrived: { readonly toSecond: boolean; readonly toFirst: boolean }
  /** Where the rendezvous server saw them; undefined: it did not (UDP is blocked). */
  readonly external: readonly [Endpoint | undefined, Endpoint | undefined]
  /** What happened to the packets between the peers. */
  readonly events: readonly ModelEvent[]
}

/** Long enough for every answer of the rendezvous, whatever the delays: they are added to it. */
const SETTLED = 1000

/**
 * Hole punching over UDP between two modelled NATs: both ask a server where they are seen, learn each other's
 * endpoint from it, and send there. Who hears something answers to where it came from, as ICE's peers do
 * (peer-reflexive candidates, RFC 8445 section 7.3.1.3).
 */
export function simulatePunch(first: PeerNats, second: PeerNats, options: SimulatedPunchOptions = {}): SimulatedPunch {
  const { stagger = 0, delay = 10, ports = [40000, 41000] } = options
  const internet = new ModelInternet({ seed: options.seed ?? 1 })
  const delays = typeof delay === 'number' ? ([delay, delay] as const) : delay
  const begin = SETTLED + 4 * (delays[0] + delays[1])
  const peers = [first, second].map((nats, index) => {
    const starts = begin + Math.max(0, index === 0 ? -stagger : stagger)
    return new Peer(internet, nats, { name: `peer-${index + 1}`, delay: delays[index]!, port: ports[index]!, starts })
  }) as [Peer, Peer]
  rendezvous(internet, peers)
  for (const [index, peer] of peers.entries()) peer.punch(peers[1 - index]!, options)
  internet.run()
  const arrived = { toSecond: peers[1].heard, toFirst: peers[0].heard }
  const events = internet.events.filter(({ at }) => at >= begin)
  return {
    open: arrived.toFirst && arrived.toSecond,
    arrived,
    external: [peers[0].external, peers[1].external],
    events,
  }
}

function rendezvous(internet: ModelInternet, peers: readonly Peer[]): void {
  const server = internet.host('rendezvous', {}, ({ source, text }) => {
    const peer = peers.find(({ host }) => host.name === text)
    if (peer !== undefined) peer.external = source
    internet.send(server, { from: 3478, to: source, text: 'seen' })
  })
  for (const peer of peers) peer.send({ address: server.address, port: 3478 }, peer.host.name, 0)
}

class Peer {
  readonly host: ModelHost
  /** Where the rendezvous server saw it. */
  external: Endpoint | undefined
  heard = false
  readonly #internet: ModelInternet
  readonly #port: number
  readonly #starts: number

  constructor(
    internet: ModelInternet,
    nats: PeerNats,
    { name, delay, port, starts }: { name: string; delay: number; port: number; starts: number },
  ) {
    this.#internet = internet
    this.#port = port
    this.#starts = starts
    const outermostFirst = ('udp' in nats ? [nats] : [...nats]).toReversed()
    let behind: string | undefined
    for (const [index, behaviour] of outermostFirst.entries()) {
      const router = `${name}-nat-${outermostFirst.length - index}`
      internet.router(router, behaviour, { ...(behind === undefined ? { delay } : { behind }) })
      behind = router
    }
    this.host = internet.host(name, behind === undefined ? { delay } : { behind }, ({ source, text }) => {
      if (text !== 'punch' && text !== 'answer') return
      this.heard = true
      if (text === 'punch') this.send(source, 'answer')
    })
  }

  send(to: Endpoint, text: string, at?: number): void {
    this.#internet.send(this.host, { from: this.#port, to, text }, at)
  }

  /** Sends to where the server saw the other one. */
  punch(other: Peer, { attempts = 5, interval = 100 }: SimulatedPunchOptions): void {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      this.#internet.at(this.#starts + attempt * interval, () => {
        if (other.external !== undefined) this.send(other.external, 'punch')
      })
    }
  }
}

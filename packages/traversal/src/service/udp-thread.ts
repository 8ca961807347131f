import { randomBytes } from 'node:crypto'
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { Epoll, openUdp, Wakeup } from '@sallyport/linux'
import {
  AnswerCells,
  Bandwidth,
  CounterCells,
  type Listener,
  RelayPorts,
  UdpLoop,
  UdpRelays,
  unlimited,
} from '../datapath/index.ts'
import { ReplyBudget, type ReplyBudgetOptions } from '../stun/index.ts'
import { Handoff } from './handoff.ts'
import { type Command, isOrder, type Notice } from './messages.ts'
import { StunResponders } from './stun-responders.ts'
import type { ThreadSettings } from './thread-settings.ts'
import { tidying } from './tidy.ts'
import { TurnThread } from './turn-thread.ts'

/** A thread that serves UDP: it opens its sockets, and runs its loop until it is told to stop. */

const settings = workerData as ThreadSettings
const port = parentPort!
const counters = new CounterCells(settings.counters)
const answers = new AnswerCells(settings.answers)
/** Bytes that a listening socket may queue up. */
const BUFFER = 8 << 20

function say(notice: Notice): void {
  port.postMessage(notice)
}

function open(): Listener[] {
  return settings.listen.map((local) => ({ fd: openUdp({ ...local, reusePort: true, buffer: BUFFER }), local }))
}

function random(): number {
  return randomBytes(4).readUInt32BE() / 2 ** 32
}

function turnThread(epoll: Epoll, listeners: number): TurnThread | undefined {
  const { relay, shared, number, threads } = settings
  if (relay === undefined) return undefined
  const bandwidth = new Bandwidth(shared.rates, relay.policy.bandwidth ?? unlimited)
  const relays = new UdpRelays({
    epoll,
    ports: new RelayPorts(relay.ports, random),
    addresses: relay.addresses,
    counters,
    bandwidth,
    clock: Date.now,
    firstTicket: UdpLoop.firstRelayTicket(listeners),
  })
  const handoff = new Handoff({ number, threads, relays, say, clock: Date.now })
  const { quota, kept } = shared
  const parts = { relay, relays, bandwidth, handoff, counters, answers, quota, kept, budget: budget(), say }
  return new TurnThread({ ...parts, random: randomBytes })
}

/** Of replies to strangers, of all threads together. */
function budget(options: ReplyBudgetOptions = {}): ReplyBudget {
  return new ReplyBudget({ ...options, seed: randomBytes(4).readInt32BE(), memory: settings.shared.replies })
}

/** Of a STUN server, for answers that are more than twice as long as their requests: a thousand a second to one source. */
const STUN_BUDGET = { perSource: 100_000, total: 20_000_000 } as const

function start(): UdpLoop {
  const listeners = open()
  const epoll = new Epoll()
  const turn = turnThread(epoll, listeners.length)
  const tick = turn && ticking(turn)
  const awake = (): boolean => {
    Wakeup.clear(settings.wakeup)
    return obey(turn)
  }
  const loop = new UdpLoop({
    epoll,
    listeners,
    server: turn?.server,
    relays: turn?.relays,
    stun: turn === undefined ? new StunResponders(settings.listen, answers, settings.shared.reflections) : undefined,
    budget: turn === undefined ? budget(STUN_BUDGET) : undefined,
    counters,
    outside: { wakeup: settings.wakeup, awake, ...(tick && { tick }) },
    clock: Date.now,
  })
  turn?.attach(loop)
  return loop
}

/** What the thread of a relay does about once a second. */
function ticking(turn: TurnThread): () => void {
  const tidy = tidying(counters, say, Date.now)
  return () => {
    turn.tick()
    tidy()
  }
}

/** False when it is time to stop. */
function obey(turn: TurnThread | undefined): boolean {
  for (let got = receiveMessageOnPort(port); got !== undefined; got = receiveMessageOnPort(port)) {
    const command = got.message as Command
    if (command.kind === 'stop') return false
    turn?.obey(command)
    if (isOrder(command)) say({ kind: 'obeyed' })
  }
  return true
}

try {
  const loop = start()
  say({ kind: 'ready' })
  loop.run()
} catch (error) {
  say({ kind: 'failed', message: error instanceof Error ? error.message : String(error) })
}

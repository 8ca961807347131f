import {
  EINVAL,
  EPERM,
  Malformed,
  type Message,
  NFNL_SUBSYS_NFTABLES,
  NFNLGRP_NFTABLES,
  NLM_F_ACK,
  NLM_F_DUMP,
  NLM_F_ECHO,
  parseMessages,
  type Transport,
} from '@sallyport/linux'
import { acknowledge, datagrams, done } from './answer.ts'
import { type Answer, BatchRun, NFNL_MSG_BATCH_BEGIN } from './batch.ts'
import { type Behaviour, behaviourOf } from './behaviour.ts'
import { answer, sayGeneration } from './dump.ts'
import type { Event } from './events.ts'
import { Refusal, refusalOf } from './refusal.ts'
import { Request } from './request.ts'
import { say } from './say.ts'
import { type Ears, MemorySocket } from './socket.ts'
import { NFT_MSG, NFT_TABLE_F } from './uapi.ts'
import type { World } from './world.ts'

export interface MemoryKernelOptions extends Partial<Behaviour> {
  /** Which Linux to be: its behaviour is the default of the other options. Default: '6.18'. */
  readonly version?: string
  /** Milliseconds of the clock that elements die by. Default: it stands still until {@link MemoryKernel.advance}. */
  readonly now?: () => number
  /** Who is said to have made each generation. Default: process 1, 'test'. */
  readonly process?: { readonly pid: number; readonly name: string }
}

export interface SocketOptions {
  /** Bytes of events that may queue up unread: what comes beyond is lost, and told as ENOBUFS. Default: any number. */
  readonly receiveBuffer?: number
}

const EVENTS_AT_ONCE = 3776 // NLMSG_GOODSIZE, about

/** The nf_tables of a kernel, without a kernel. See README.md for where it differs from a real one. */
export class MemoryKernel {
  readonly behaviour: Behaviour
  readonly #now: (() => number) | undefined
  readonly #process: { readonly pid: number; readonly name: string }
  readonly #sockets: Set<MemorySocket> = new Set()
  readonly #world: World = { tables: [], generation: 1, lastTableHandle: 0n, lastBindingChain: 0 }
  readonly #ears: Ears
  #elapsed = 0
  #lastPortId = 1000
  #interruptions = 0

  constructor({ version = '6.18', now, process = { pid: 1, name: 'test' }, ...quirks }: MemoryKernelOptions = {}) {
    this.behaviour = { ...behaviourOf(version), ...quirks }
    this.#now = now
    this.#process = process
    this.#ears = {
      hear: (socket, datagram) => this.#hear(socket, datagram),
      closed: (socket) => this.#forget(socket),
    }
  }

  /** Grows with every commit that changes something. */
  get generation(): number {
    return this.#world.generation
  }

  /** A socket of its own, as openNetlink(NETLINK_NETFILTER) makes one: for a Connection, or to join groups. */
  open({ receiveBuffer = Number.POSITIVE_INFINITY }: SocketOptions = {}): Transport {
    this.#lastPortId += 1
    const socket = new MemorySocket(this.#ears, this.#lastPortId, receiveBuffer)
    this.#sockets.add(socket)
    return socket
  }

  /** Lets time pass, when no `now` was given. */
  advance(milliseconds: number): void {
    if (this.#now !== undefined) throw new TypeError('the time comes from `now`; advance that')
    this.#elapsed += milliseconds
  }

  /** The next dumps say that the tables changed while they were taken (NLM_F_DUMP_INTR). */
  interruptDumps(count = 1): void {
    this.#interruptions = count
  }

  #time(): bigint {
    return BigInt(Math.floor(this.#now?.() ?? this.#elapsed))
  }

  #hear(socket: MemorySocket, datagram: Uint8Array): void {
    const messages = messagesOf(datagram)
    const [first] = messages
    if (first === undefined) return
    if (this.behaviour.denied) this.#answerAll(socket, [{ about: first, errno: EPERM }])
    else if (first.type === NFNL_MSG_BATCH_BEGIN) this.#batch(socket, messages)
    else for (const message of messages) this.#question(socket, message)
  }

  #batch(socket: MemorySocket, messages: readonly Message[]): void {
    const run = new BatchRun(this.#world, this.behaviour, this.#time(), socket.portId)
    const { answers, events } = run.run(messages)
    if (events !== undefined) this.#tell(socket, messages[1]!, events)
    this.#answerAll(socket, answers)
  }

  #question(socket: MemorySocket, message: Message): void {
    try {
      const request = new Request(message, socket.portId)
      if (request.subsystem !== NFNL_SUBSYS_NFTABLES) throw new Refusal(EINVAL)
      const dump = (message.flags & NLM_F_DUMP) !== 0 && request.message !== NFT_MSG.GETGEN
      const interrupted = dump && this.#interruptions > 0
      if (interrupted) this.#interruptions -= 1
      const { behaviour } = this
      const question = {
        world: this.#world,
        request,
        behaviour,
        now: this.#time(),
        process: this.#process,
        interrupted,
      }
      const said = answer(question)
      if (dump) said.push(done(message, socket.portId, interrupted))
      for (const each of datagrams(said, behaviour.datagramSize)) socket.answer(each)
      if (!dump && (message.flags & NLM_F_ACK) !== 0) this.#answerAll(socket, [{ about: message, errno: 0 }])
    } catch (error) {
      const { errno, offset } = refusalOf(error)
      this.#answerAll(socket, [{ about: message, errno, offset }])
    }
  }

  #answerAll(socket: MemorySocket, answers: readonly Answer[]): void {
    const { extendedAcks, duplicateAcks } = this.behaviour
    for (const { about, errno, offset } of answers) {
      const bytes = acknowledge(about, socket.portId, errno, extendedAcks ? offset : undefined)
      socket.answer(bytes)
      if (duplicateAcks && errno === 0) socket.answer(bytes)
    }
  }

  /** To all who joined the group, and to the one who asked for an echo; then the new generation, as an answer to the first message. */
  #tell(sender: MemorySocket, first: Message, events: readonly Event[]): void {
    for (let at = 0; at < events.length; ) {
      const { echo } = events[at]!
      const other = events.findIndex((event, index) => index > at && event.echo !== echo)
      const end = other === -1 ? events.length : other
      const bytes = events.slice(at, end).map((event) => event.bytes)
      this.#send(sender, datagrams(bytes, EVENTS_AT_ONCE), echo)
      at = end
    }
    const { generation } = this.#world
    const { sequence } = first
    const cover = { message: NFT_MSG.NEWGEN, flags: 0, sequence, portId: sender.portId, family: 0, generation }
    const newGeneration = say(cover, (out) => sayGeneration(out, this.#world, this.#process))
    this.#send(sender, [newGeneration], (first.flags & NLM_F_ECHO) !== 0)
  }

  #send(sender: MemorySocket, messages: readonly Uint8Array[], echo: boolean): void {
    for (const bytes of messages) {
      for (const socket of this.#sockets) {
        if (socket.groups.has(NFNLGRP_NFTABLES) && !(echo && socket === sender)) socket.notify(bytes)
      }
      if (echo) sender.answer(bytes)
    }
  }

  /** Tables that a socket owned go with it, unless they are to persist. */
  #forget(socket: MemorySocket): void {
    this.#sockets.delete(socket)
    const { tables } = this.#world
    for (const table of tables.filter((each) => each.owner === socket.portId)) {
      const persists = (table.flags & NFT_TABLE_F.PERSIST) !== 0
      if (persists) Object.assign(table, { owner: 0, flags: table.flags & ~NFT_TABLE_F.OWNER })
      else tables.splice(tables.indexOf(table), 1)
    }
  }
}

/** Those before the first that is cut short: what comes behind is not looked at. */
function messagesOf(datagram: Uint8Array): Message[] {
  const messages: Message[] = []
  try {
    for (const message of parseMessages(datagram)) messages.push(message)
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
  }
  return messages
}

/** A kernel of its own, with an empty ruleset at generation 1. */
export function memoryKernel(options: MemoryKernelOptions = {}): MemoryKernel {
  return new MemoryKernel(options)
}

import type { Endpoint } from '../stun/index.ts'
import type { TurnClient, TurnClientEvent } from '../turn/client/index.ts'
import { type Link, type LinkOptions, openLink } from './link.ts'

/** `setTimeout` takes no more. */
const LONGEST = 2 ** 31 - 1

/** A TURN client machine with a clock and a socket: what it says is sent, what comes is given to it. */
export class Driver {
  readonly machine: TurnClient
  readonly #on: (event: TurnClientEvent) => void
  #link: Link | undefined
  /** Of the address that we left; what is on its way still arrives. */
  #left: Link | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(machine: (now: number) => TurnClient, on: (event: TurnClientEvent) => void) {
    this.machine = machine(performance.now())
    this.#on = on
  }

  get link(): Link | undefined {
    return this.#link
  }

  /** Opens a socket to a server and goes on there. */
  async open(transport: Link['transport'], server: Endpoint, options: LinkOptions): Promise<void> {
    let link: Link | undefined
    link = await openLink(
      transport,
      server,
      {
        message: (bytes) => this.tell((machine, now) => machine.handle(bytes, server, now)),
        closed: () => {
          if (link === this.#link) this.tell((machine, now) => machine.disconnected(now))
        },
      },
      options,
    )
    this.#left?.close()
    this.#left = this.#link
    this.#link = link
    if (this.machine.state === 'closed') this.stop()
  }

  /** The old socket is of no use any more. */
  settle(): void {
    this.#left?.close()
    this.#left = undefined
  }

  /** Says something to the machine and does what it wants. */
  tell<T>(say: (machine: TurnClient, now: number) => T): T {
    const said = say(this.machine, performance.now())
    this.#do()
    return said
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.settle()
    this.#link?.close()
  }

  #do(): void {
    const { datagrams, events } = this.machine.poll(performance.now())
    for (const { bytes } of datagrams) this.#link?.send(bytes)
    for (const event of events) this.#on(event)
    clearTimeout(this.#timer)
    if (this.machine.state === 'closed') return
    const pause = this.machine.deadline - performance.now()
    this.#timer = setTimeout(() => this.#do(), Math.min(Math.max(0, pause) + 1, LONGEST))
  }
}

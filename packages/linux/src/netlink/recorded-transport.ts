import type { Transport } from './transport.ts'

/** One thing that passed the seam. Bytes are hexadecimal text, so that a log can be kept as JSON. */
export type Step =
  | { readonly send: string }
  /** null: nothing was queued. */
  | { readonly receive: string | null }
  | { readonly wait: boolean }
  | { readonly join: number }

/** All that passed between a program and the kernel over one socket. */
export interface Log {
  readonly portId: number
  readonly steps: Step[]
}

/** A transport that works as `transport` does and keeps a log of it for {@link replay}. */
export function recording(transport: Transport): Transport & { readonly log: Log } {
  const log: Log = { portId: transport.portId, steps: [] }
  return {
    log,
    portId: transport.portId,
    send: (datagram) => {
      transport.send(datagram)
      log.steps.push({ send: toHex(datagram) })
    },
    receive: () => {
      const datagram = transport.receive()
      log.steps.push({ receive: datagram === undefined ? null : toHex(datagram) })
      return datagram
    },
    wait: async (timeoutMs) => {
      const ready = await transport.wait(timeoutMs)
      log.steps.push({ wait: ready })
      return ready
    },
    join: (group) => {
      transport.join(group)
      log.steps.push({ join: group })
    },
    [Symbol.dispose]: () => transport[Symbol.dispose](),
  }
}

/** A transport without a kernel: asked the same things in the same order, it answers as the log says. */
export function replay(log: Log): Transport {
  return new Replay(log)
}

class Replay implements Transport {
  readonly portId: number
  readonly #steps: readonly Step[]
  #next = 0

  constructor(log: Log) {
    this.portId = log.portId
    this.#steps = log.steps
  }

  send(datagram: Uint8Array): void {
    const step = this.#take('send')
    const recorded = Buffer.from(step.send, 'hex')
    const at = firstDifference(datagram, recorded)
    if (at !== undefined) throw new Error(`${this.#where()}: ${difference(datagram, recorded, at)}`)
  }

  receive(): Uint8Array | undefined {
    const { receive } = this.#take('receive')
    return receive === null ? undefined : Uint8Array.from(Buffer.from(receive, 'hex'))
  }

  async wait(): Promise<boolean> {
    return this.#take('wait').wait
  }

  join(group: number): void {
    const { join } = this.#take('join')
    if (join !== group) throw new Error(`${this.#where()}: joins group ${group} where the recording joins ${join}`)
  }

  [Symbol.dispose](): void {}

  #take<K extends 'send' | 'receive' | 'wait' | 'join'>(kind: K): Extract<Step, Record<K, unknown>> {
    const step = this.#steps[this.#next++]
    if (step === undefined) throw new Error(`${this.#where()}: ${kind} after the end of the recording`)
    if (kind in step) return step as Extract<Step, Record<K, unknown>>
    throw new Error(`${this.#where()}: ${kind} where the recording has ${Object.keys(step)[0]}`)
  }

  #where(): string {
    return `replay, step ${this.#next} of ${this.#steps.length}`
  }
}

function firstDifference(a: Uint8Array, b: Uint8Array): number | undefined {
  const at = a.findIndex((byte, index) => byte !== b[index])
  if (at !== -1) return at
  return a.length < b.length ? a.length : undefined
}

function difference(got: Uint8Array, want: Uint8Array, at: number): string {
  const show = (bytes: Uint8Array): string =>
    at < bytes.length ? `${toHex(bytes.subarray(at, at + 8))}${at + 8 < bytes.length ? '…' : ''}` : 'the end'
  return `the request differs from the recording at byte ${at}: ${show(got)} where it has ${show(want)}`
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

import { randomBytes } from 'node:crypto'
import { stun } from '@sallyport/traversal'

/** Who asks, and the peer that its channel leads to. */
export interface Caller {
  readonly user: { readonly username: string; readonly realm: string; readonly password: string }
  readonly peerPort: number
}

export const CHANNEL = 0x4000
/** At both ends of every payload. */
export const MARK = 0x5a11

/** What one client says to a TURN server before its messages, and behind them. */
export class Dialog {
  readonly #caller: Caller
  readonly #exchange: (request: Uint8Array) => stun.Message
  #nonce = ''

  /** `exchange` sends a request and waits for its answer. */
  constructor(caller: Caller, exchange: (request: Uint8Array) => stun.Message) {
    this.#caller = caller
    this.#exchange = exchange
  }

  /** Opens an allocation; false when the server still has one of this address and port. */
  allocate(): boolean {
    const transport = stun.requestedTransport.of(17)
    this.#nonce = ''
    this.#nonce = this.#ask(stun.methods.allocate, [transport]).get(stun.nonce) ?? ''
    const answer = this.#ask(stun.methods.allocate, [transport])
    if (answer.get(stun.errorCode)?.code === 437) return false
    need(answer)
    return true
  }

  bind(): void {
    const peer = stun.xorPeerAddress.of({ address: '127.0.0.1', port: this.#caller.peerPort })
    need(this.#ask(stun.methods.channelBind, [stun.channelNumber.of(CHANNEL), peer]))
  }

  /** Gives the allocation back: the next run may get the same port from the kernel. */
  release(): void {
    need(this.#ask(stun.methods.refresh, [stun.lifetime.of(0)]))
  }

  /** Without a nonce, the first of them, there is nobody to speak for. */
  #ask(method: number, attributes: readonly stun.Attached[]): stun.Message {
    const header = { class: 'request', method, transaction: randomBytes(12) } as const
    if (this.#nonce === '') return this.#exchange(stun.encodeMessage(header, attributes))
    const { user } = this.#caller
    const identity = [stun.username.of(user.username), stun.realm.of(user.realm), stun.nonce.of(this.#nonce)]
    const seal = stun.integrity(stun.longTermKey(user, 'md5'))
    return this.#exchange(stun.encodeMessage(header, [...attributes, ...identity], [seal]))
  }
}

function need(answer: stun.Message): void {
  if (answer.class !== 'success') throw new Error(`refused: ${JSON.stringify(answer.get(stun.errorCode))}`)
}

/** Lays `size` bytes of payload with the head of the channel, and a mark at both ends. */
export function layMessage(view: DataView, at: number, size: number): void {
  view.setUint16(at, CHANNEL)
  view.setUint16(at + 2, size)
  view.setUint16(at + 4, MARK)
  view.setUint16(at + 2 + size, MARK)
}

/** A whole message of the channel, as it was sent. */
export function isWhole(view: DataView, at: number, length: number, size: number): boolean {
  return (
    length >= size + 4 &&
    view.getUint16(at) === CHANNEL &&
    view.getUint16(at + 2) === size &&
    view.getUint16(at + 4) === MARK &&
    view.getUint16(at + 2 + size) === MARK
  )
}

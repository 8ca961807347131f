import type { Socket } from 'node:net'

/** What goes through a {@link Joint}, for who counts and limits; `to`: who gets it. */
export interface Passage {
  carried(to: 'client' | 'peer', bytes: number): void
  /** May so many bytes go on now? If not, they are asked for again a little later. */
  admits(to: 'client' | 'peer', bytes: number): boolean
}

/** A limit lets through at least so many bytes at once (datapath/allowance.ts). */
const PIECE = 4096
/** Milliseconds until a limit is asked again. */
const RETRY = 10

/**
 * A client's data connection and a peer's connection as one (RFC 6062 section 5.4): bytes go both ways, as fast as the
 * slower one takes them; one side may end while the other goes on.
 */
export class Joint {
  readonly #client: Socket
  readonly #peer: Socket
  readonly #pumps: readonly Pump[]
  #open = 2

  /** `ended` is called once, when both connections are closed. `early`: bytes that the client sent already. */
  constructor(client: Socket, peer: Socket, early: Uint8Array, passage: Passage, ended: () => void) {
    this.#client = client
    this.#peer = peer
    this.#pumps = [new Pump(client, peer, 'peer', passage), new Pump(peer, client, 'client', passage)]
    for (const socket of [client, peer]) {
      socket.on('error', () => {}) // followed by close
      socket.on('close', (failed) => this.#closed(failed, ended))
    }
    if (early.length > 0) this.#pumps[0]!.pass(Buffer.from(early))
    for (const pump of this.#pumps) pump.start()
  }

  /** Ends both sides at once. */
  close(): void {
    for (const pump of this.#pumps) pump.stop()
    this.#client.destroy()
    this.#peer.destroy()
  }

  #closed(failed: boolean, ended: () => void): void {
    this.#open -= 1
    if (this.#open === 0) ended()
    // One that broke leaves nothing to say to the other; one that ended well may have something to say still.
    if (failed || this.#open === 0) this.close()
  }
}

/** One direction. */
class Pump {
  readonly #from: Socket
  readonly #to: Socket
  readonly #name: 'client' | 'peer'
  readonly #passage: Passage
  /** Bytes that went through and were more than the limit allows. */
  #debt = 0
  #full = false
  #timer: NodeJS.Timeout | undefined

  constructor(from: Socket, to: Socket, name: 'client' | 'peer', passage: Passage) {
    this.#from = from
    this.#to = to
    this.#name = name
    this.#passage = passage
  }

  start(): void {
    this.#from.on('data', (bytes: Buffer) => this.pass(bytes))
    this.#from.on('end', () => this.#to.end())
    this.#to.on('drain', () => {
      this.#full = false
      this.#go()
    })
    this.#go()
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  pass(bytes: Buffer): void {
    if (!this.#to.writable) return
    this.#full = !this.#to.write(bytes)
    this.#debt += bytes.length
    this.#passage.carried(this.#name, bytes.length)
    this.#pay()
  }

  /** What has gone through is paid for before more is read: bytes of a stream cannot be dropped. */
  #pay(): void {
    clearTimeout(this.#timer)
    while (this.#debt > 0) {
      const piece = Math.min(this.#debt, PIECE)
      if (!this.#passage.admits(this.#name, piece)) {
        this.#timer = setTimeout(() => this.#pay(), RETRY)
        break
      }
      this.#debt -= piece
    }
    this.#go()
  }

  #go(): void {
    if (this.#full || this.#debt > 0) this.#from.pause()
    else this.#from.resume()
  }
}

import type { Inbox } from './inbox.ts'
import type { Stream, StreamOwner } from './stream.ts'
import type { Watch } from './watch.ts'

/** What goes through a {@link Joint}, for who counts and limits; `to`: who gets it. */
export interface Passage {
  carried(to: 'client' | 'peer', bytes: number): void
  /** May so many bytes go on now? If not, they are asked for again a little later. */
  admits(to: 'client' | 'peer', bytes: number): boolean
}

/** A limit lets through at least so many bytes at once (datapath/allowance.ts). */
const PIECE = 4096

/** Where bytes are received, and who calls again later. */
interface Surroundings {
  readonly inbox: Inbox
  readonly watch: Watch
}

/**
 * A client's data connection and a peer's connection as one (RFC 6062 section 5.4): bytes go both ways, as fast as the
 * slower one takes them; one side may end while the other goes on.
 */
export class Joint {
  readonly #client: Stream
  readonly #peer: Stream
  readonly #passage: Passage
  readonly #ended: () => void
  #open = 2

  /** `ended` is called once, when both connections are closed. */
  constructor(client: Stream, peer: Stream, passage: Passage, ended: () => void) {
    this.#client = client
    this.#peer = peer
    this.#passage = passage
    this.#ended = ended
  }

  /** Begins. `early`: where in the inbox bytes lie that the client sent already, and how many. */
  start(surroundings: Surroundings, early: { readonly at: number; readonly length: number }): void {
    const { inbox } = surroundings
    const toPeer = new Pump(this.#client, this.#peer, 'peer', this.#passage, surroundings)
    const toClient = new Pump(this.#peer, this.#client, 'client', this.#passage, surroundings)
    this.#client.owner = new Side(toPeer, toClient, this.#client.owner, (failed) => this.#closed(failed))
    this.#peer.owner = new Side(toClient, toPeer, undefined, (failed) => this.#closed(failed))
    if (early.length > 0) toPeer.pass(inbox, early.at, early.length)
    toPeer.go()
    toClient.go()
  }

  /** Ends both sides at once. */
  close(): void {
    this.#client.close()
    this.#peer.close()
  }

  #closed(failed: boolean): void {
    this.#open -= 1
    if (this.#open === 0) this.#ended()
    // One that broke leaves nothing to say to the other; one that ended well may have something to say still.
    else if (failed) this.close()
  }
}

/** One of the two connections: what it receives goes through one pump, what it sends comes from the other. */
class Side implements StreamOwner {
  readonly #out: Pump
  readonly #in: Pump
  readonly #before: StreamOwner | undefined
  readonly #left: (failed: boolean) => void

  /** `before`: whose it was, to be told when it closes. */
  constructor(out: Pump, into: Pump, before: StreamOwner | undefined, left: (failed: boolean) => void) {
    this.#out = out
    this.#in = into
    this.#before = before
    this.#left = left
  }

  readable(): void {
    this.#out.take()
  }

  drained(): void {
    this.#in.go()
  }

  closed(failed: boolean): void {
    this.#before?.closed(failed)
    this.#out.stop()
    this.#in.stop()
    this.#left(failed)
  }
}

/** One direction. */
class Pump {
  readonly #from: Stream
  readonly #to: Stream
  readonly #name: 'client' | 'peer'
  readonly #passage: Passage
  readonly #surroundings: Surroundings
  /** Bytes that went through and were more than the limit allows. */
  #debt = 0
  #asking = false
  #stopped = false

  constructor(from: Stream, to: Stream, name: 'client' | 'peer', passage: Passage, surroundings: Surroundings) {
    this.#from = from
    this.#to = to
    this.#name = name
    this.#passage = passage
    this.#surroundings = surroundings
  }

  take(): void {
    const { inbox } = this.#surroundings
    const count = inbox.receive(this.#from)
    if (count > 0) this.pass(inbox, inbox.begin, count)
    if (this.#from.ended) this.#to.end()
  }

  pass({ buffer }: Inbox, at: number, length: number): void {
    if (this.#to.mute) return
    this.#to.send(buffer, at, length)
    this.#debt += length
    this.#passage.carried(this.#name, length)
    this.#pay()
  }

  /** Reads on, unless the other side is full or there is a debt. */
  go(): void {
    if (this.#to.backlog > 0 || this.#debt > 0) this.#from.pause()
    else this.#from.resume()
  }

  stop(): void {
    this.#stopped = true
  }

  /** What has gone through is paid for before more is read: bytes of a stream cannot be dropped. */
  #pay(): void {
    while (this.#debt > 0) {
      const piece = Math.min(this.#debt, PIECE)
      if (!this.#passage.admits(this.#name, piece)) {
        this.#askLater()
        break
      }
      this.#debt -= piece
    }
    this.go()
  }

  #askLater(): void {
    if (this.#asking) return
    this.#asking = true
    this.#surroundings.watch.later(() => {
      this.#asking = false
      if (!this.#stopped) this.#pay()
    })
  }
}

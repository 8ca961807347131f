import { type TracedPacket, trace } from '@sallyport/nftables'
import { type FollowedProtocol, Marks } from './marks.ts'
import { type Passage, passageOf } from './passage.ts'
import type { FollowNode, RuleText } from './source.ts'

export interface TracingOptions {
  readonly protocols: readonly FollowedProtocol[]
  /** How the rules of a node are written. */
  readonly texts?: ((node: string) => RuleText | undefined) | undefined
  /** Told of every packet that has passed a node, or ended there. */
  readonly onPassage: (passage: Passage) => void
  /** Told when a node's rules saw more packets than could be told about. */
  readonly onLost?: ((node: string) => void) | undefined
}

/** Every packet of some protocols through every node, for as long as it is not disposed of. */
export class Tracing implements AsyncDisposable {
  readonly #options: TracingOptions
  readonly #stack = new DisposableStack()
  readonly #readers: Promise<void>[] = []

  constructor(nodes: Iterable<FollowNode>, options: TracingOptions) {
    this.#options = options
    try {
      for (const node of nodes) this.#add(node)
    } catch (error) {
      this.#stack.dispose()
      throw error
    }
  }

  /** Rejects with the error of a node that could not be read any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stack.dispose()
    await Promise.all(this.#readers)
  }

  #add({ name, namespace }: FollowNode): void {
    const packets = this.#stack.use(trace({ namespace, text: this.#options.texts?.(name) }))
    const { table } = this.#stack.use(new Marks(namespace, this.#options.protocols))
    const read = async (): Promise<void> => {
      for await (const event of packets) {
        if (event.type === 'packet') this.#tell(name, event, table)
        else if (event.type === 'lost') this.#options.onLost?.(name)
      }
    }
    this.#readers.push(read())
  }

  #tell(node: string, packet: TracedPacket, table: string): void {
    const passage = passageOf(node, packet, table)
    if (passage !== undefined) this.#options.onPassage(passage)
  }
}

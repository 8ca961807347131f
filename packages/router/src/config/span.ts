import type { Position } from './config.ts'
import type { Node } from './node.ts'

/** A piece of a text in the file that knows where it came from, so that each word of a forward has its own column. */
export class Span {
  readonly text: string
  readonly #node: Node
  readonly #offset: number

  constructor(node: Node, text: string, offset = 0) {
    this.text = text
    this.#node = node
    this.#offset = offset
  }

  /** The whole text of a node that holds one. */
  static of(node: Node): Span {
    return new Span(node, String(node.value))
  }

  get position(): Position {
    return this.#node.position(this.#offset, this.text)
  }

  slice(from: number, to: number = this.text.length): Span {
    return new Span(this.#node, this.text.slice(from, to), this.#offset + from)
  }

  trim(): Span {
    const from = this.text.length - this.text.trimStart().length
    return this.slice(from, Math.max(from, this.text.trimEnd().length))
  }

  /** What is before and after the first `separator`, trimmed; undefined when there is none. */
  cut(separator: string): [Span, Span] | undefined {
    const at = this.text.indexOf(separator)
    if (at < 0) return undefined
    return [this.slice(0, at).trim(), this.slice(at + separator.length).trim()]
  }
}

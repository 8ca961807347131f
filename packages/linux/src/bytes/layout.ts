/**
 * In what order attributes stood, and with which flag bits: a path through a tree that all values of one codec share,
 * so that a layout costs a value one pointer. `code` is nla_type with its flag bits, and from bit 16 on the form of the
 * content (see {@link Field.form}).
 */
export interface Layout {
  readonly code: number
  /** Absent at the root. */
  readonly before?: Layout
  /** True when we would write these attributes just so: then a value needs to remember nothing. */
  readonly natural: boolean
  /** What a value of this layout remembers, one object for all. */
  readonly memory: { readonly layout: Layout }
}

interface Node extends Layout {
  readonly rank: number
  next?: Map<number, Node>
  readonly before?: Node
}

/** Where an attribute stands among those of its codec, and the code that we would write; of an unknown one neither. */
export interface Place {
  readonly rank: number
  readonly code: number
}

const NODES_SHARED = 512 // per codec; hostile messages could otherwise grow the tree for ever

/** The layouts of one codec. */
export class Layouts {
  readonly root: Layout = node(0, true, -1)
  #nodes = 0

  /** The layout `before` with one more attribute. */
  after(before: Layout, code: number, place: Place | undefined): Layout {
    const parent = before as Node
    return parent.next?.get(code) ?? this.#grow(parent, code, place)
  }

  #grow(before: Node, code: number, place: Place | undefined): Node {
    const rank = place?.rank ?? Number.POSITIVE_INFINITY
    const ordered = place === undefined || (rank > before.rank && code === place.code)
    const grown = node(code, before.natural && ordered, rank, before)
    if (this.#nodes < NODES_SHARED) {
      this.#nodes += 1
      before.next ??= new Map()
      before.next.set(code, grown)
    }
    return grown
  }
}

function node(code: number, natural: boolean, rank: number, before?: Node): Node {
  const grown = { code, natural, rank, ...(before && { before }) } as { -readonly [K in keyof Node]: Node[K] }
  grown.memory = { layout: grown }
  return grown
}

/** The codes from the first attribute to the last. */
export function codesOf(layout: Layout): number[] {
  const codes: number[] = []
  for (let at: Layout = layout; at.before !== undefined; at = at.before) codes.push(at.code)
  return codes.reverse()
}

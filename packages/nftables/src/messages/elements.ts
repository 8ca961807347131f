import { type Codec, type Field, text, u32be } from '@sallyport/linux'
import type { Family } from '../expr/index.ts'
import { type ElementList, elementList, type KernelElement, listedElement } from './element.ts'
import { exactly, nfMessage } from './header.ts'
import { PackedElements } from './packed.ts'

/** Elements of one set, to be added or deleted, or all of them on reading: enum nft_set_elem_list_attributes. */
export interface KernelElements {
  family: Family
  table: string
  set: string
  /** The `id` of a set of this batch, beside its name. */
  setId?: number
  elements: KernelElement[]
}

/** Elements of one set to be added or deleted. */
export type WrittenElements = Omit<KernelElements, 'elements'> & { elements: ElementList }

const eitherList: Field<ElementList> = {
  ...elementList,
  write: (out, list) => {
    if (list instanceof PackedElements) list.write(out)
    else elementList.write(out, list as KernelElement[])
  },
  read: elementList.read,
}

type WireElements = Omit<KernelElements, 'elements'> & { elements?: ElementList }

const wire: Codec<WireElements> = nfMessage<WireElements>('elements', {
  table: [1, text, 'NFTA_SET_ELEM_LIST_TABLE'],
  set: [2, text, 'NFTA_SET_ELEM_LIST_SET'],
  setId: [4, u32be, 'NFTA_SET_ELEM_LIST_SET_ID'],
  elements: [3, eitherList, 'NFTA_SET_ELEM_LIST_ELEMENTS'],
})

/**
 * Reading gives arrays; writing takes any {@link ElementList}. An empty list is written as none at all: deleting none
 * deletes all.
 */
export const elementsMessage: Codec<KernelElements> = exactly<WireElements, WrittenElements>(
  wire,
  ({ elements, ...list }) => (elements.length === 0 ? list : { ...list, elements }),
  ({ elements = [], ...list }) => ({ ...list, elements }),
) as Codec<KernelElements>

const NLA_LIMIT = 0xffff // nla_len has 16 bits
const ROOM = NLA_LIMIT - 4

/** The list in pieces that fit into one attribute (64 KiB) each; none when it is empty. */
export function splitElements(elements: readonly KernelElement[]): KernelElement[][]
export function splitElements(elements: ElementList): ElementList[]
export function splitElements(elements: ElementList): ElementList[] {
  if (elements instanceof PackedElements) return elements.split(ROOM)
  const pieces: KernelElement[][] = []
  let room = 0
  for (const element of elements) {
    const size = listedElement(element).length
    if (pieces.length === 0 || size > room) {
      pieces.push([])
      room = ROOM
    }
    pieces.at(-1)!.push(element)
    room -= size
  }
  return pieces
}

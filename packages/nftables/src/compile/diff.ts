import type { ElementList, KernelElement, KernelSet } from '../messages/index.ts'

/** What turns the elements of a set into others. First the one, then the other, in one batch. */
export interface ElementChanges {
  /** To be deleted: keys alone, which is all that the kernel looks at. */
  readonly removed: readonly KernelElement[]
  readonly added: readonly KernelElement[]
}

export interface DiffOptions {
  /** Elements that have to go and come back although nothing about them differs. Default: none. */
  readonly stale?: (element: KernelElement) => boolean
}

/**
 * Time goes with the number of elements, messages with the number of changes. An element whose value, comment or
 * timeout is to be another one is removed and added. What an element has counted, and how long it still lives, is no
 * difference.
 */
export function diffElements(
  set: KernelSet,
  present: ElementList,
  wanted: ElementList,
  { stale = () => false }: DiffOptions = {},
): ElementChanges {
  const gone = groupsOf(set, present, (element) => !stale(element))
  const added: KernelElement[] = []
  for (const group of groups(set, wanted)) {
    if (!gone.delete(identityOf(set, group))) added.push(...group)
  }
  const removed = [...[...present].filter(stale), ...[...gone.values()].flat()]
  return { removed: removed.map(place), added }
}

/** What the kernel wants to know of an element that is to be deleted. */
function place({ key, keyEnd, flags }: KernelElement): KernelElement {
  return { ...(key && { key }), ...(keyEnd && { keyEnd }), ...(flags && { flags }) }
}

type Group = readonly KernelElement[]

function groupsOf(set: KernelSet, list: ElementList, keep: (element: KernelElement) => boolean): Map<string, Group> {
  const found = new Map<string, Group>()
  for (const group of groups(set, [...list].filter(keep))) found.set(identityOf(set, group), group)
  return found
}

function* groups(set: KernelSet, list: ElementList): Generator<Group> {
  if (holdsHalves(set)) yield* wholeIntervals(list)
  else for (const element of list) yield [element]
}

/** Sets of intervals of one type: the kernel keeps an element where one begins, and one behind its last value. */
export function holdsHalves(set: KernelSet): boolean {
  return set.flags.includes('interval') && !set.flags.includes('concat')
}

/**
 * The elements of such a set in groups that come and go together: the two ends of an interval, or one alone (the end
 * at zero that nft begins with; an interval that reaches to the top). Half an interval would mean something else.
 */
export function wholeIntervals(elements: Iterable<KernelElement>): KernelElement[][] {
  const groups: KernelElement[][] = []
  let open: KernelElement[] | undefined
  for (const element of [...elements].sort(byPlace)) {
    if (!isEnd(element)) {
      open = [element]
      groups.push(open)
    } else if (open === undefined) {
      groups.push([element])
    } else {
      open.push(element)
      open = undefined
    }
  }
  return groups
}

const isEnd = ({ flags }: KernelElement): boolean => flags?.includes('interval_end') ?? false

const NONE = new Uint8Array()

/** By key; an end comes before the beginning that stands at the same place. */
function byPlace(a: KernelElement, b: KernelElement): number {
  return Buffer.compare(a.key ?? NONE, b.key ?? NONE) || Number(isEnd(b)) - Number(isEnd(a))
}

/** Equal for elements, or whole intervals, that say the same. */
function identityOf(set: KernelSet, group: Group): string {
  if (group.length === 1) return elementIdentity(set, group[0]!)
  return group.map((element) => elementIdentity(set, element)).join('\n')
}

function elementIdentity(set: KernelSet, element: KernelElement): string {
  const { key, keyEnd, flags, userdata, timeout } = element
  const where = `${textOf(key)}${keyEnd === undefined ? '' : ` ${textOf(keyEnd)}`}${flags ? flags.join() : ''}`
  const own = timeout === set.timeout ? undefined : timeout
  const more = `${valueText(element)}${userdata ? ` #${textOf(userdata)}` : ''}${own === undefined ? '' : ` @${own}`}`
  return more === '' ? where : `${where}:${more}`
}

/** What an element maps to; empty in a set. */
function valueText({ data, objref }: KernelElement): string {
  if (data === undefined) return objref ?? ''
  return data.value === undefined ? `${data.verdict.code} ${data.verdict.chain ?? ''}` : textOf(data.value)
}

/** Two characters for each byte. */
function textOf(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? '' : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
}

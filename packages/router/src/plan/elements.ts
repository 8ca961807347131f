import type { KernelElement, KernelSet } from '@sallyport/nftables'
import type { Change } from './change.ts'
import { describeElement } from './describe.ts'
import { asRange, holdsHalves, wholeIntervals } from './intervals.ts'
import type { Step } from './steps.ts'

const hexOf = (bytes: Uint8Array | undefined): string => (bytes === undefined ? '' : Buffer.from(bytes).toString('hex'))

/** Equal for elements that stand at the same place of a set; what they map to is not part of it. */
function keyOf(element: KernelElement): string {
  const flags = [...(element.flags ?? [])].sort().join(',')
  return `${hexOf(element.key)}-${hexOf(element.keyEnd)}/${flags}`
}

/** What an element maps to; empty in a set. */
function mappedTo({ data, objref }: KernelElement): string {
  if (data === undefined) return objref ?? ''
  return 'value' in data ? hexOf(data.value) : `${data.verdict.code} ${data.verdict.chain ?? ''}`
}

/** Equal for elements, or whole intervals, that say the same. */
const identityOf = (group: readonly KernelElement[]): string =>
  group.map((element) => `${keyOf(element)} ${mappedTo(element)}`).join(' ')

/**
 * The elements to take out of a set and to put into it: O(elements) to find, O(changes) to send. `stale` ones refer to
 * something that is replaced in the same batch.
 */
export function diffElements(
  set: KernelSet,
  present: readonly KernelElement[],
  wanted: readonly KernelElement[],
  stale: (element: KernelElement) => boolean,
): Step[] {
  const groups = (elements: readonly KernelElement[]): (readonly KernelElement[])[] =>
    holdsHalves(set) ? wholeIntervals(elements) : elements.map((element) => [element])
  const before = new Map(
    groups(present.filter((element) => !stale(element))).map((group) => [identityOf(group), group]),
  )
  const after = new Map(groups(wanted).map((group) => [identityOf(group), group]))
  const missing = (from: ReadonlyMap<string, unknown>, all: typeof before): KernelElement[] =>
    [...all].filter(([identity]) => !from.has(identity)).flatMap(([, group]) => group)
  return [
    ...removal(set, [...present.filter(stale), ...missing(after, before)]),
    ...addition(set, missing(before, after)),
  ]
}

/** An element as a person sees it, or as the traffic has made it. */
type ElementKind = 'element' | 'mapping'

function changesOf(
  set: KernelSet,
  elements: readonly KernelElement[],
  op: Change['op'],
  kind: ElementKind,
): readonly Change[] {
  const whole = holdsHalves(set) ? wholeIntervals(elements).flatMap(asRange) : elements
  return whole.map((element) => ({ op, kind, name: describeElement(set, element) }))
}

/** Takes elements out: by key alone, which is all the kernel looks at. */
export function removal(set: KernelSet, elements: readonly KernelElement[], kind: ElementKind = 'element'): Step[] {
  if (elements.length === 0) return []
  const keys = elements.map(({ key, keyEnd, flags }) => ({
    ...(key && { key }),
    ...(keyEnd && { keyEnd }),
    ...(flags && { flags }),
  }))
  return [
    {
      stage: 'elements out',
      changes: changesOf(set, elements, 'delete', kind),
      write: (batch) => {
        batch.delete('elements', { family: set.family, table: set.table, set: set.name, elements: keys })
      },
    },
  ]
}

export function addition(set: KernelSet, elements: readonly KernelElement[], kind: ElementKind = 'element'): Step[] {
  if (elements.length === 0) return []
  return [
    {
      stage: 'elements in',
      changes: changesOf(set, elements, 'add', kind),
      write: (batch) => {
        batch.add('elements', { family: set.family, table: set.table, set: set.name, elements: [...elements] })
      },
    },
  ]
}

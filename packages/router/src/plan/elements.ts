import { diffElements, holdsHalves, type KernelElement, type KernelSet, wholeIntervals } from '@sallyport/nftables'
import type { Change } from './change.ts'
import { describeElement } from './describe.ts'
import { asRange } from './range.ts'
import type { Step } from './steps.ts'

/**
 * The elements to take out of a set and to put into it: O(elements) to find, O(changes) to send. `stale` ones refer to
 * something that is replaced in the same batch.
 */
export function elementSteps(
  set: KernelSet,
  present: readonly KernelElement[],
  wanted: readonly KernelElement[],
  stale: (element: KernelElement) => boolean,
): Step[] {
  const { removed, added } = diffElements(set, present, wanted, { stale })
  return [...removal(set, removed), ...addition(set, added)]
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

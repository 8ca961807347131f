import type { KernelObject } from '@sallyport/nftables'
import { diffChains, type Replaced, replacedChains } from './chains.ts'
import type { DesiredTable, PresentTable } from './desired.ts'
import { diffSets, type Forbidden, replacedSets } from './sets.ts'
import { inOrder, type Step } from './steps.ts'

/**
 * The steps that make one table what it should be; none when it is. Pure: what the kernel has is an argument.
 * Rules, sets, handles, counters and learned elements that need not change are not touched.
 */
export function diffTable(present: PresentTable | undefined, wanted: DesiredTable, forbidden: Forbidden): Step[] {
  const old: PresentTable = present ?? { table: wanted.table, objects: [], sets: [], chains: [] }
  const replaced: Replaced = {
    sets: replacedSets(old.sets, wanted.sets),
    chains: replacedChains(old.chains, wanted.chains),
  }
  return inOrder([
    ...(present === undefined ? [tableStep(wanted)] : []),
    ...diffObjects(old.objects, wanted.objects),
    ...diffSets(old.sets, wanted.sets, replaced, forbidden),
    ...diffChains(old.chains, wanted.chains, replaced),
  ])
}

function tableStep({ table }: DesiredTable): Step {
  return {
    stage: 'table in',
    changes: [{ op: 'add', kind: 'table', name: `${table.family} ${table.name}` }],
    write: (batch) => {
      batch.add('table', table)
    },
  }
}

/** Objects of ours are plain counters: there or not there. Others under such a name make way. */
function diffObjects(present: readonly KernelObject[], wanted: readonly KernelObject[]): Step[] {
  const identity = ({ name, data }: KernelObject): string => `${data.expr} ${name}`
  const before = new Set(present.map(identity))
  const after = new Set(wanted.map(identity))
  return [
    ...present.filter((object) => !after.has(identity(object))).map(objectOut),
    ...wanted.filter((object) => !before.has(identity(object))).map(objectIn),
  ]
}

function objectOut({ family, table, name, data }: KernelObject): Step {
  return {
    stage: 'sets out',
    changes: [{ op: 'delete', kind: 'object', name }],
    write: (batch) => {
      batch.delete('object', { family, table, name, type: data.expr === 'unknown' ? data.name : data.expr })
    },
  }
}

function objectIn(object: KernelObject): Step {
  return {
    stage: 'objects in',
    changes: [{ op: 'add', kind: 'object', name: object.name }],
    write: (batch) => {
      batch.add('object', object)
    },
  }
}

import { type KernelElement, type KernelSet, ruleIdentity } from '@sallyport/nftables'
import { carriedOver } from './carry.ts'
import type { Replaced } from './chains.ts'
import type { DesiredSet, PresentSet } from './desired.ts'
import { addition, elementSteps, removal } from './elements.ts'
import type { Step } from './steps.ts'

/** Says whether a learned element contradicts the new config and has to go. */
export type Forbidden = (set: KernelSet, element: KernelElement) => boolean

/** Everything about a set that the kernel cannot change in place. */
function identityOf(set: KernelSet): string {
  return JSON.stringify([
    [...set.flags].sort(),
    [set.keyType, set.keyLen, set.dataType ?? 0, set.dataLen ?? 0, set.objType ?? 0],
    [set.size ?? 0, String(set.timeout ?? 0n), set.gcInterval ?? 0, set.fields ?? []],
    Buffer.from(set.userdata ?? []).toString('hex'),
    ruleIdentity(set.expressions ?? []),
  ])
}

/** The sets that are there and have to become different ones; rules that refer to them are written anew. */
export function replacedSets(present: readonly PresentSet[], wanted: readonly DesiredSet[]): Set<string> {
  const before = new Map(present.map(({ set }) => [set.name, identityOf(set)]))
  const changed = wanted.filter(({ set }) => before.has(set.name) && before.get(set.name) !== identityOf(set))
  return new Set(changed.map(({ set }) => set.name))
}

export function diffSets(
  present: readonly PresentSet[],
  wanted: readonly DesiredSet[],
  replaced: Replaced,
  forbidden: Forbidden,
): Step[] {
  const before = new Map(present.map((one) => [one.set.name, one]))
  const after = new Set(wanted.map(({ set }) => set.name))
  const gone = present.filter(({ set }) => !after.has(set.name) || replaced.sets.has(set.name))
  return [
    ...gone.flatMap(deletion),
    ...wanted.flatMap((one) => {
      const old = before.get(one.set.name)
      if (old === undefined || replaced.sets.has(one.set.name)) return creation(one, old, forbidden)
      return one.learned ? forgetting(old, forbidden) : diffStatic(old, one, replaced)
    }),
  ]
}

function diffStatic(old: PresentSet, { set, elements }: DesiredSet, { chains }: Replaced): Step[] {
  return elementSteps(set, old.elements, elements, (element) => {
    const chain = verdictOf(element)?.chain
    return chain !== undefined && chains.has(chain)
  })
}

const verdictOf = ({ data }: KernelElement): { readonly chain?: string } | undefined =>
  data !== undefined && 'verdict' in data ? data.verdict : undefined

/** What was learned stays, but for what the config contradicts. */
function forgetting({ set, elements }: PresentSet, forbidden: Forbidden): Step[] {
  return removal(
    set,
    elements.filter((element) => forbidden(set, element)),
    'mapping',
  )
}

/** Verdict elements hold their chains: they go first, so that the chains can go. */
function deletion({ set, elements }: PresentSet): Step[] {
  const step: Step = {
    stage: 'sets out',
    changes: [{ op: 'delete', kind: 'set', name: set.name }],
    write: (batch) => {
      batch.delete('set', { family: set.family, table: set.table, name: set.name })
    },
  }
  return [...removal(set, elements.filter(verdictOf)), step]
}

function creation(one: DesiredSet, old: PresentSet | undefined, forbidden: Forbidden): Step[] {
  const { set, learned } = one
  const step: Step = {
    stage: 'sets in',
    changes: [{ op: 'add', kind: 'set', name: set.name }],
    write: (batch) => {
      batch.add('set', set)
    },
  }
  if (!learned) return [step, ...addition(set, one.elements)]
  const kept = old?.elements.filter((element) => !forbidden(old.set, element)) ?? []
  return [
    step,
    ...addition(set, old === undefined ? [] : carriedOver(set, { set: old.set, elements: kept }), 'mapping'),
  ]
}

export { batchOf } from './batch.ts'
export { type SetIds, setIds } from './context.ts'
export { type DiffOptions, diffElements, type ElementChanges, holdsHalves, wholeIntervals } from './diff.ts'
export { compileElements, type ElementsOf, type ElementsOptions, packElements } from './element.ts'
export { type ListedElement, listElements } from './listing.ts'
export { compileFlowtable, compileObject } from './objects.ts'
export { type CompiledRule, compileRule } from './rule.ts'
export {
  type CompiledRuleset,
  type CompiledTable,
  compile,
  compileChain,
  compileTable,
  kernelTable,
} from './ruleset.ts'
export { type CompiledSet, compileSet } from './set.ts'

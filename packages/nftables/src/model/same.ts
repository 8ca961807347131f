import { ModelError } from './error.ts'
import { fieldTypes, formatKey, type Key } from './key.ts'

/** Refuses to look up one kind of value in a set of another. TypeScript sees it too, where the types are known. */
export function checkSameType(
  selector: { readonly text: string; readonly type: Key },
  set: { readonly name?: string; readonly type: Key },
): void {
  if (fieldTypes(selector.type).join() === fieldTypes(set.type).join()) return
  throw new ModelError(
    `'${selector.text}' is ${formatKey(selector.type)}, and ${set.name === undefined ? 'the set' : `'${set.name}'`} is of ${formatKey(set.type)}`,
    'the types have to be the same, in the same order',
  )
}

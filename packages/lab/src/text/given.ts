import { childPath } from './document.ts'

/**
 * Every `nat` of a module's topology as it was written, by its path in the document: a preset or rules are functions,
 * which a document has no room for.
 */
export function givenNats(value: unknown, path = ''): Map<string, unknown> {
  const found = new Map<string, unknown>()
  const routers = property(value, 'routers')
  if (typeof routers !== 'object' || routers === null) return found
  for (const [name, router] of Object.entries(routers)) {
    const here = childPath(childPath(path, 'routers'), name)
    found.set(childPath(here, 'nat'), property(router, 'nat'))
    for (const [below, nat] of givenNats(router, here)) found.set(below, nat)
  }
  return found
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}

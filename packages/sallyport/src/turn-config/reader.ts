import { checkMap, describe, isMap, type Node, type Problems, quote } from '@sallyport/router/document'

/** Takes values out of a document; what is wrong is told where it is, and undefined. */
export class Reader {
  readonly problems: Problems

  constructor(problems: Problems) {
    this.problems = problems
  }

  /** The entries of a map with these keys. */
  map(node: Node | undefined, keys: readonly string[], hint: string): Node | undefined {
    if (node === undefined) return undefined
    checkMap(node, keys, hint, this.problems)
    return isMap(node) ? node : undefined
  }

  /** One, or a list of them. */
  list(node: Node | undefined): readonly Node[] {
    if (node === undefined) return []
    return Array.isArray(node.value) ? node.items : [node]
  }

  text(node: Node | undefined, hint: string): string | undefined {
    if (node === undefined) return undefined
    if (typeof node.value === 'string' && node.value !== '') return node.value
    return this.wrong(node, `expected text, got ${describe(node)}`, hint)
  }

  flag(node: Node | undefined): boolean | undefined {
    if (node === undefined || typeof node.value === 'boolean') return node?.value as boolean | undefined
    return this.wrong(node, `expected true or false, got ${describe(node)}`, 'write true or false')
  }

  /** A whole number; text will do, since flags are text. */
  number(node: Node | undefined, [least, most]: readonly [number, number]): number | undefined {
    if (node === undefined) return undefined
    const hint = `write a whole number from ${least} to ${most}`
    const value = typeof node.value === 'string' && /^\d{1,15}$/.test(node.value) ? Number(node.value) : node.value
    if (typeof value !== 'number' || !Number.isInteger(value)) {
      return this.wrong(node, `expected a whole number, got ${describe(node)}`, hint)
    }
    return value >= least && value <= most ? value : this.wrong(node, `${value} is outside ${least}-${most}`, hint)
  }

  /** One word of a few. */
  word<T extends string>(node: Node | undefined, words: readonly T[]): T | undefined {
    if (node === undefined) return undefined
    const found = words.find((word) => word === node.value)
    if (found === undefined) this.problems.unknown(node.position(), 'value', String(node.value), words)
    return found
  }

  /** What `parse` makes of a text; when it throws RangeError or gives nothing, that is the mistake. */
  parsed<T>(node: Node | undefined, hint: string, parse: (text: string) => T | undefined): T | undefined {
    const text = this.text(node, hint)
    if (node === undefined || text === undefined) return undefined
    const value = parse(text)
    return value === undefined ? this.wrong(node, `${quote(text)} is not understood`, hint) : value
  }

  wrong(node: Node, problem: string, hint: string): undefined {
    const text = typeof node.value === 'string' ? node.value : ''
    this.problems.add(node.position(0, text), { problem, hint, text })
    return undefined
  }
}

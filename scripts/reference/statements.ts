/** A declaration file, cut into its statements. Knows as much of the language as tsc writes into such files. */
export interface Statement {
  /** As written, without the docstring. */
  readonly text: string
  /** The docstring's text; empty when there is none. */
  readonly doc: string
}

/** Brackets in comments and strings are none, so those are tokens, too. */
const token = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`|[{}()[\];]/g
const blocks = /^(?:export )?(?:declare )?(?:abstract )?(?:interface|class|enum|namespace|module) /

/** Every statement, in order. A comment in front of one belongs to it; the last one counts. */
export function statementsOf(source: string): Statement[] {
  const statements: Statement[] = []
  let depth = 0
  let start = 0
  let doc = ''
  const take = (end: number): void => {
    statements.push({ text: source.slice(start, end).trim(), doc: proseOf(doc) })
    start = end
    doc = ''
  }
  for (const { 0: found, index } of source.matchAll(token)) {
    const end = index + found.length
    const isOutside = source.slice(start, index).trim() === ''
    if (found.startsWith('/')) {
      if (!isOutside) continue
      doc = found
      start = end
    } else if ('{(['.includes(found)) depth++
    else if ('})]'.includes(found)) {
      depth--
      if (depth === 0 && found === '}' && closesBlock(source, start, end)) take(end)
    } else if (found === ';' && depth === 0) take(end)
  }
  return statements
}

/** Not the end of a type within `extends Base<{ … }>`: the end of a block is the end of its line. */
function closesBlock(source: string, start: number, end: number): boolean {
  return blocks.test(source.slice(start, end).trim()) && /^[ \t]*(?:\n|$)/.test(source.slice(end))
}

/** The text of a docstring; of another comment none. */
export function proseOf(comment: string): string {
  if (!comment.startsWith('/**')) return ''
  const lines = comment.replace(/^\/\*\*|\*\/$/g, '').split('\n')
  return withoutLinks(lines.map((line) => line.replace(/^\s*\* ?/, '').trimEnd()).join('\n')).trim()
}

/** `{@link x}` as code. */
export function withoutLinks(text: string): string {
  return text.replace(/\{@link ([^}]+)\}/g, '`$1`')
}

/** The fenced blocks of a Markdown document that are run, and what their info strings ask for (CONTRIBUTING.md). */
export interface Block {
  /** First word of the info string. */
  readonly language: string
  /** The other words of the info string. */
  readonly words: readonly string[]
  readonly text: string
  /** Line of the opening fence, from 1. */
  readonly line: number
}

export type Task =
  | { readonly kind: 'ts' | 'sh'; readonly block: Block; readonly output: Block | undefined }
  | { readonly kind: 'config'; readonly block: Block }
  | { readonly kind: 'skip'; readonly block: Block; readonly reason: string }
  | { readonly kind: 'mistake'; readonly block: Block; readonly problem: string }

const fence = /^(?<indent> *)(?<ticks>`{3,}|~{3,})(?<info>[^`]*)$/

/** Every fenced block, in order. A block that is never closed reaches to the end, as in CommonMark (section 4.5). */
export function blocksOf(markdown: string): Block[] {
  const lines = markdown.split('\n')
  const blocks: Block[] = []
  for (let at = 0; at < lines.length; at++) {
    const open = fence.exec(lines[at] ?? '')?.groups
    if (!open) continue
    const end = closingFence(lines, at + 1, open.ticks ?? '')
    const [language = '', ...words] = (open.info ?? '').trim().split(/\s+/)
    const text = lines.slice(at + 1, end).map((line) => unindent(line, open.indent?.length ?? 0))
    blocks.push({ language, words, text: text.join('\n'), line: at + 1 })
    at = end
  }
  return blocks
}

function closingFence(lines: readonly string[], from: number, ticks: string): number {
  const closing = new RegExp(`^ *${ticks[0]}{${ticks.length},} *$`)
  const found = lines.findIndex((line, index) => index >= from && closing.test(line))
  return found < 0 ? lines.length : found
}

function unindent(line: string, width: number): string {
  return line.slice(Math.min(width, line.length - line.trimStart().length))
}

/** What there is to do in a document, in order. Blocks that are only to be read give no task. */
export function tasksOf(blocks: readonly Block[]): Task[] {
  return blocks
    .map((block, index) => taskOf(block, blocks[index - 1], blocks[index + 1]))
    .filter((task) => task !== undefined)
}

function taskOf(block: Block, previous: Block | undefined, next: Block | undefined): Task | undefined {
  const [word, ...reason] = block.words
  const output = next && isOutput(next) ? next : undefined
  if (isOutput(block))
    return previous && isRun(previous)
      ? undefined
      : mistake(block, 'output of what? no block that is run stands before it')
  if (block.language === 'ts') return typescriptTask(block, word, reason.join(' '), output)
  if (word === undefined) return undefined
  if (block.language === 'sh' && word === 'run') return { kind: 'sh', block, output }
  if (block.language === 'yaml' && word === 'config') return { kind: 'config', block }
  return mistake(block, `'${block.language} ${word}' means nothing: see CONTRIBUTING.md`)
}

function typescriptTask(block: Block, word: string | undefined, reason: string, output: Block | undefined): Task {
  if (word === undefined) return { kind: 'ts', block, output }
  if (word !== 'no-run') return mistake(block, `'ts ${word}' means nothing: see CONTRIBUTING.md`)
  return reason ? { kind: 'skip', block, reason } : mistake(block, "'no-run' needs its reason behind it")
}

function mistake(block: Block, problem: string): Task {
  return { kind: 'mistake', block, problem }
}

function isOutput({ language, words }: Block): boolean {
  return language === 'text' && words[0] === 'output'
}

function isRun({ language, words }: Block): boolean {
  return (language === 'ts' && words.length === 0) || (language === 'sh' && words[0] === 'run')
}

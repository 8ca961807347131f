/** Exported names as Markdown. */
import { posix } from 'node:path'
import type { Exported } from './exports.ts'
import { withoutLinks } from './statements.ts'

/** What is told about a room, above its names. */
export interface Section {
  readonly title: string
  readonly introduction: string
  readonly names: readonly Exported[]
}

const declaredName = /(?:interface|type|class|function\*?|const|let|enum) (?<name>[\p{L}\p{N}_$]+)/u

/** Where the document's links begin: from docs/reference to packages. */
const packages = '../../packages'

export function renderSection({ title, introduction, names }: Section): string {
  const index = [...names].sort(byName).map(({ name }) => `\`${name}\``)
  return [`## ${title}`, introduction, index.join(' · '), ...files(names)].join('\n\n')
}

/** One heading for each file, its names below it in the file's order. */
function files(names: readonly Exported[]): string[] {
  const byFile = Map.groupBy(names, ({ file }) => file)
  return [...byFile].flatMap(([file, each]) => [
    `### [${posix.basename(file, '.ts')}](${packages}/${file})`,
    ...each.map(renderName),
  ])
}

function renderName({ name, statements }: Exported): string {
  const docs = [...new Set(statements.map(({ doc }) => doc).filter(Boolean))]
  const signature = statements.map(({ text }) => signatureOf(text)).join('\n')
  const original = declaredName.exec(signature)?.groups?.name ?? name
  const alias = original === name ? '' : `, declared as ${original}`
  return [`#### ${name}${alias}`, ...docs, `\`\`\`ts\n${signature}\n\`\`\``].join('\n\n')
}

/** A declaration in the style of this project: two spaces, no semicolons, nothing that is said anyway. */
export function signatureOf(text: string): string {
  return withoutLinks(text)
    .replace(/^export /, '')
    .replace(/^declare /, '')
    .split('\n')
    .filter((line) => line.trim() !== '#private;')
    .map((line) => line.replace(/^(?: {4})+/, (indent) => ' '.repeat(indent.length / 2)))
    .map((line) => (/^\s*(?:\/?\*|\/\/)/.test(line) ? line : line.replace(/;$/, '')))
    .join('\n')
}

function byName(a: Exported, b: Exported): number {
  return a.name.localeCompare(b.name, 'en', { sensitivity: 'base' }) || (a.name < b.name ? -1 : 1)
}

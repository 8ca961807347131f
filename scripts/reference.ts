/**
 * Writes docs/reference/nftables-api.md: everything that @sallyport/nftables exports, with its docstring and signature,
 * from the declarations that tsc makes of the source. `--check` writes nothing and fails when the file is not what would
 * be written.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { declarationsOf } from './reference/declarations.ts'
import { type Exported, Exports } from './reference/exports.ts'
import { renderSection, type Section } from './reference/render.ts'

const root = dirname(import.meta.dirname)
const target = 'docs/reference/nftables-api.md'
const main = 'nftables/src/index.ts'
const testing = 'nftables/src/testing/index.ts'

/** Rooms in the order in which somebody new needs them. A room that is not here fails. */
const rooms: Readonly<Record<string, string>> = {
  'nftables.ts': 'The way in: a connection to the nf_tables of one network namespace.',
  changes: 'Transactions: changes that are made all together or not at all.',
  model: 'What a person wants: tables, chains, sets, rules, and the words that rules are made of.',
  language: 'The model as text of nft.',
  compile: "The model in the kernel's terms.",
  transaction: "Batches and snapshots in the kernel's terms, and errors.",
  messages: "The kernel's objects, as they are read and written.",
  monitor: 'What anybody changes, as it happens.',
  trace: 'What rules do with packets.',
  debug: "The kernel's expressions as `nft --debug=netlink` prints them.",
  expr: "The kernel's expressions: types. Their codecs and constants are in `expr`, below.",
}

function roomOf({ file }: Exported): string {
  const [, , room = ''] = file.split('/')
  if (!(room in rooms)) throw new Error(`${target}: room '${room}' (${file}) needs a sentence in scripts/reference.ts`)
  return room
}

function sections(exports: Exports): Section[] {
  const byRoom = Map.groupBy(exports.of(main), roomOf)
  const found = Object.entries(rooms).flatMap(([room, introduction]) => {
    const names = byRoom.get(room)
    return names === undefined ? [] : [{ title: room, introduction, names }]
  })
  const modules = exports.modulesOf(main).map(({ name, file }) => ({
    title: `${name}.*`,
    introduction: `Everything here is a property of \`${name}\`: \`import { ${name} } from '@sallyport/nftables'\`.`,
    names: exports.of(file),
  }))
  return [...found, ...modules, testingSection(exports)]
}

function testingSection(exports: Exports): Section {
  const introduction =
    "`import … from '@sallyport/nftables/testing'`: a kernel in memory and recordings of real ones. " +
    'See [its README](../../packages/nftables/src/testing/README.md).'
  return { title: '@sallyport/nftables/testing', introduction, names: exports.of(testing) }
}

function document(): string {
  const exports = new Exports(declarationsOf(root, [main, testing]))
  const head = [
    '# @sallyport/nftables: everything it exports',
    'Made from the source by `node scripts/reference.ts`; do not edit. To learn how to use it, read ' +
      '[the guide](../guide/nftables.md) first.',
  ]
  return `${[...head, ...sections(exports).map(renderSection)].join('\n\n')}\n`
}

const wanted = document()
if (!process.argv.includes('--check')) writeFileSync(join(root, target), wanted)
else if (present() !== wanted) {
  console.error(`${target} is not what the source says; run: node scripts/reference.ts`)
  process.exitCode = 1
}

function present(): string {
  try {
    return readFileSync(join(root, target), 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  }
}

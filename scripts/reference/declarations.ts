/** The declarations of packages as TypeScript writes them: what is exported, with types and docstrings, without code. */
import { execFileSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Text of each declaration file by the source it is of, `nftables/src/index.ts`; `entries` are relative to packages/. */
export function declarationsOf(root: string, entries: readonly string[]): ReadonlyMap<string, string> {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-reference-'))
  try {
    return emitted(root, entries, directory)
  } finally {
    rmSync(directory, { recursive: true })
  }
}

function emitted(root: string, entries: readonly string[], directory: string): ReadonlyMap<string, string> {
  const out = join(directory, 'out')
  const project = join(directory, 'tsconfig.json')
  writeFileSync(project, JSON.stringify(projectOf(root, entries, out)))
  execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', project], { stdio: ['ignore', 'inherit', 'inherit'] })
  const files = globSync('**/*.d.ts', { cwd: out })
  return new Map(files.map((file) => [file.replace(/\.d\.ts$/, '.ts'), readFileSync(join(out, file), 'utf8')]))
}

/** The project's own flags; whether the types are right is `tsc --noEmit`'s business. */
function projectOf(root: string, entries: readonly string[], outDir: string): object {
  const packages = join(root, 'packages')
  return {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: {
      noEmit: false,
      declaration: true,
      emitDeclarationOnly: true,
      noCheck: true,
      outDir,
      rootDir: packages,
      typeRoots: [join(root, 'node_modules/@types')],
    },
    include: [],
    files: entries.map((entry) => join(packages, entry)),
  }
}

/** Checks a source tree against the rules. Knows no rule itself; reads files and returns what is wrong. */
import { globSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join, normalize } from 'node:path'
import { type Found, findGlobals, findImports } from './find.ts'
import { capabilities, pure, type Rules } from './rules.ts'

export interface Finding {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly problem: string
}

interface Manifest {
  readonly name?: string
  readonly exports?: Record<string, unknown>
  readonly dependencies?: Record<string, string>
  readonly devDependencies?: Record<string, string>
}

/** One source file and where it lives. Paths are relative to the root of the tree. */
interface Source {
  readonly path: string
  /** Directory under packages/, undefined for test/, bench/, scripts/, examples/. */
  readonly package: string | undefined
  /** A test, or a helper that only tests import (src/testing). */
  readonly isTest: boolean
  /** First folder under src/, or the file itself when it lies there; undefined outside src/. */
  readonly room: string | undefined
}

const sources = ['packages/*/{src,test,bin}/**/*.{ts,js,mjs}', '{test,bench,scripts,examples}/**/*.{ts,js,mjs}']

export function checkTree(root: string, rules: Rules): Finding[] {
  return new Checker(root, rules).run()
}

function sourceAt(path: string): Source {
  const [top, name, area, ...rest] = path.split('/')
  if (top !== 'packages') return { path, package: undefined, isTest: top === 'test', room: undefined }
  const room = area === 'src' ? rest[0] : undefined
  return { path, package: name, isTest: area === 'test' || room === 'testing', room }
}

class Checker {
  readonly #root: string
  readonly #rules: Rules
  readonly #findings: Finding[] = []
  readonly #manifests = new Map<string, Manifest>()
  readonly #used = new Map<string, Set<string>>()

  constructor(root: string, rules: Rules) {
    this.#root = root
    this.#rules = rules
  }

  run(): Finding[] {
    const paths = globSync(sources, { cwd: this.#root, exclude: (path) => /node_modules|\/fixtures?\//.test(path) })
    for (const path of paths.sort()) this.#file(sourceAt(path))
    this.#permissions()
    this.#cycles()
    return this.#findings
  }

  #file(source: Source): void {
    const text = readFileSync(join(this.#root, source.path), 'utf8')
    for (const found of findImports(text)) this.#import(source, found, text)
    if (!isWatched(source)) return
    for (const found of findGlobals(text)) this.#capability(source, found, found.name)
  }

  #import(source: Source, found: Found, text: string): void {
    if (/^\.\.?\//.test(found.name)) this.#relative(source, found)
    else if (isBuiltin(found.name)) this.#builtin(source, found)
    else this.#bare(source, found)
    const capability = capabilities[found.name]
    if (capability === undefined || found.typeOnly || !isWatched(source)) return
    if (!isPure(found, text)) this.#capability(source, found, capability)
  }

  #relative(source: Source, found: Found): void {
    const target = sourceAt(normalize(join(dirname(source.path), found.name)))
    if (target.path.startsWith('..')) this.#report(source, found, `${found.text} lies outside the repository`)
    else if (target.package === source.package) this.#room(source, found, target)
    else {
      const what = target.package === undefined ? 'what it needs' : `'${this.#manifest(target.package).name}'`
      this.#report(source, found, `${found.text} leaves its package: import ${what} by name`)
    }
  }

  /** Rooms import in one direction. A room need not ask to import itself, and index.ts is the door outward only. */
  #room(source: Source, found: Found, target: Source): void {
    if (source.room === undefined || target.room === undefined || source.room === target.room) return
    if (target.room === 'index.ts') {
      this.#report(source, found, `${found.text} is the package's door: import the file that defines it`)
    } else if (source.room !== 'index.ts') this.#roomDirection(source, found, target.room)
  }

  #roomDirection(source: Source, found: Found, target: string): void {
    const allowed = this.#rules.rooms[source.package ?? '']?.[source.room ?? '']
    if (allowed?.includes(target)) return
    const table = `the table of rooms for ${source.package} in scripts/imports/rules.ts`
    const may = allowed && (allowed.join(', ') || 'nothing')
    const problem = may ? `may not import '${target}' (only ${may}): see` : 'is missing from'
    this.#report(source, found, `'${source.room}' ${problem} ${table}`)
  }

  #builtin(source: Source, found: Found): void {
    if (!found.name.startsWith('node:')) this.#report(source, found, `write 'node:${found.name}'`)
  }

  #bare(source: Source, found: Found): void {
    const name = packageOf(found.name)
    const target = Object.keys(this.#rules.packages).find((each) => this.#manifest(each).name === name)
    if (target !== undefined && target === source.package) {
      if (source.isTest) return // through its own door, as a user comes in
      this.#report(source, found, `${found.text} is its own package: use a path`)
      return
    }
    this.#declared(source, found, name)
    if (target === undefined) return
    this.#direction(source, found, target)
    this.#door(source, found, target, found.name.slice(name.length))
  }

  #direction(source: Source, found: Found, target: string): void {
    if (source.package === undefined) return
    const allowed = this.#rules.packages[source.package] ?? []
    if (allowed.includes(target)) return
    this.#report(source, found, `${source.package} may not import ${target} (only ${allowed.join(', ') || 'none'})`)
  }

  /** Another package's inside is reached through its exports, and its testing helpers from tests. */
  #door(source: Source, found: Found, target: string, inside: string): void {
    const exports = this.#manifest(target).exports ?? {}
    if (!Object.hasOwn(exports, `.${inside}`)) {
      this.#report(source, found, `${found.text} is not among the exports of packages/${target}/package.json`)
    } else if (inside === '/testing' && !source.isTest) {
      this.#report(source, found, `${found.text} is for tests only`)
    }
  }

  /** Everything is in `dependencies`; tests may also use what the root or the package declares for development. */
  #declared(source: Source, found: Found, name: string): void {
    const own = source.package === undefined ? {} : this.#manifest(source.package)
    const development = { ...this.#manifest('').devDependencies, ...own.devDependencies }
    const workspace = source.package === undefined && this.#workspaceNames().includes(name)
    const free = source.package === undefined || source.isTest ? development : {}
    if (workspace || Object.hasOwn({ ...own.dependencies, ...free }, name)) return
    const where = source.package === undefined ? 'package.json' : `packages/${source.package}/package.json`
    this.#report(source, found, `'${name}' is not a dependency in ${where}`)
  }

  #workspaceNames(): (string | undefined)[] {
    return Object.keys(this.#rules.packages).map((each) => this.#manifest(each).name)
  }

  #capability(source: Source, found: Found, capability: string): void {
    if (this.#permits(source, capability)) return
    const advice = 'take it as an argument, or name the file and the reason in scripts/imports/rules.ts'
    this.#report(source, found, `${found.text} needs permission (${capability}): ${advice}`)
  }

  #permits({ path }: Source, capability: string): boolean {
    const used = this.#used.get(path) ?? new Set<string>()
    this.#used.set(path, used.add(capability))
    return this.#rules.named[path]?.may.includes(capability) ?? false
  }

  /** A permission that nothing uses any more would hide the next use. */
  #permissions(): void {
    for (const [file, { may }] of Object.entries(this.#rules.named)) {
      const unused = may.filter((capability) => !this.#used.get(file)?.has(capability))
      if (unused.length === 0) continue
      const problem = `${file} does not use its permission (${unused.join(', ')})`
      this.#findings.push({ file: 'scripts/imports/rules.ts', line: 1, column: 1, problem })
    }
  }

  #cycles(): void {
    const graphs = { packages: this.#rules.packages, ...this.#rules.rooms }
    for (const [name, graph] of Object.entries(graphs)) {
      const cycle = findCycle(graph)
      if (cycle === undefined) continue
      const problem = `the table for ${name} allows a cycle: ${cycle.join(' → ')}`
      this.#findings.push({ file: 'scripts/imports/rules.ts', line: 1, column: 1, problem })
    }
  }

  #manifest(directory: string): Manifest {
    const cached = this.#manifests.get(directory)
    if (cached) return cached
    const path = directory === '' ? 'package.json' : `packages/${directory}/package.json`
    const manifest = JSON.parse(readFileSync(join(this.#root, path), 'utf8')) as Manifest
    this.#manifests.set(directory, manifest)
    return manifest
  }

  #report({ path: file }: Source, { line, column }: Found, problem: string): void {
    this.#findings.push({ file, line, column, problem })
  }
}

/** What people run: its files touch the world only where the table says so. */
function isWatched(source: Source): boolean {
  return source.package !== undefined && !source.isTest
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

/** `import { isIP } from 'node:net'`: every imported name is one that only computes. */
function isPure(found: Found, text: string): boolean {
  const allowed = pure[found.name]
  const statement = text
    .split('\n')
    .slice(found.line - 1)
    .join('\n')
    .slice(found.column - 1)
  const names = /^import\s*\{([^}]*)\}\s*from/.exec(statement)?.[1]
  if (!allowed || names === undefined) return false
  return names.split(',').every((name) => /^\s*$|^\s*type\s/.test(name) || allowed.includes(name.trim()))
}

/** The first cycle of a directed graph, its first node repeated at the end. */
export function findCycle(graph: Record<string, readonly string[]>): string[] | undefined {
  const visit = (node: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node]
    return firstDefined(graph[node] ?? [], (next) => visit(next, [...path, node]))
  }
  return firstDefined(Object.keys(graph), (node) => visit(node, []))
}

function firstDefined<T, R>(items: readonly T[], fn: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const result = fn(item)
    if (result !== undefined) return result
  }
  return undefined
}

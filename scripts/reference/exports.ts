/** What a module exports, looked up through the files that only pass it on. */
import { posix } from 'node:path'
import { type Statement, statementsOf } from './statements.ts'

/** One exported name. */
export interface Exported {
  readonly name: string
  /** The source that declares it: `nftables/src/model/rule.ts`. */
  readonly file: string
  /** Several for a function with overloads, or for a type and a value of one name. */
  readonly statements: readonly Statement[]
}

/** `export * as expr from …` */
export interface ExportedModule {
  readonly name: string
  readonly file: string
}

const declared =
  /^export (?:declare )?(?:abstract )?(?:interface|type|class|function\*?|const|let|enum) (?<name>[\p{L}\p{N}_$]+)/u
const list = /^export (?:type )?\{(?<names>[^}]*)\}(?: from '(?<from>[^']+)')?;$/
const star = /^export \*(?: as (?<name>[\w$]+))? from '(?<from>[^']+)';$/
const known = /^(?:import\b|declare\b|interface\b|type\b|(?:abstract )?class\b|function\b|const\b)/

export class Exports {
  readonly #files: ReadonlyMap<string, Statement[]>

  /** `declarations` has the text of each file by its name. */
  constructor(declarations: ReadonlyMap<string, string>) {
    this.#files = new Map([...declarations].map(([file, text]) => [file, statementsOf(text)]))
  }

  /** Names in the order of the file's statements; each once. */
  of(file: string): Exported[] {
    const found = new Map<string, Exported>()
    for (const each of this.#statements(file).flatMap((statement) => this.#exported(file, statement))) {
      const before = found.get(each.name)
      const isSame = before === undefined || before.file !== each.file
      found.set(each.name, isSame ? each : { ...each, statements: union(before.statements, each.statements) })
    }
    return [...found.values()]
  }

  /** The modules that a file exports as a whole under one name. */
  modulesOf(file: string): ExportedModule[] {
    return this.#statements(file).flatMap(({ text }) => {
      const { name, from } = star.exec(text)?.groups ?? {}
      return name && from ? [{ name, file: resolve(file, from) }] : []
    })
  }

  #statements(file: string): readonly Statement[] {
    const statements = this.#files.get(file)
    if (statements === undefined) throw new Error(`${file} is exported from, but tsc wrote no declarations of it`)
    return statements
  }

  #exported(file: string, statement: Statement): Exported[] {
    const { text } = statement
    const name = declared.exec(text)?.groups?.name
    if (name !== undefined) return [{ name, file, statements: [statement] }]
    const names = list.exec(text)?.groups
    if (names !== undefined) return this.#listed(file, names.names ?? '', names.from)
    const all = star.exec(text)?.groups
    if (all !== undefined) return all.name === undefined ? this.of(resolve(file, all.from ?? '')) : []
    if (known.test(text)) return []
    throw new Error(`${file}: what is this statement? ${text.slice(0, 80)}`)
  }

  #listed(file: string, names: string, from: string | undefined): Exported[] {
    const wanted = names.split(',').map((name) => name.trim().replace(/^type /, ''))
    return wanted.filter(Boolean).map((each) => {
      const [name = '', alias = name] = each.split(' as ')
      if (from === undefined) return { ...this.#local(file, name), name: alias }
      const target = resolve(file, from)
      const found = this.of(target).find((candidate) => candidate.name === name)
      if (found === undefined) throw new Error(`${file} exports '${name}' from ${target}, where it is not`)
      return { ...found, name: alias }
    })
  }

  /** Declared in the file without `export`, or imported into it. */
  #local(file: string, name: string): Exported {
    const pattern = new RegExp(`^(?:declare )?(?:abstract )?(?:interface|type|class|function|const) ${name}\\b`)
    const statements = this.#statements(file).filter(({ text }) => pattern.test(text))
    if (statements.length === 0) throw new Error(`${file} exports '${name}', but does not declare it`)
    return { name, file, statements }
  }
}

function resolve(file: string, specifier: string): string {
  return posix.join(posix.dirname(file), specifier)
}

/** A name can come by two ways. */
function union(some: readonly Statement[], others: readonly Statement[]): Statement[] {
  return [...new Set([...some, ...others])]
}

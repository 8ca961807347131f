import { isUtf8 } from 'node:buffer'
import { readFile } from 'node:fs/promises'
import { extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Config, Position } from './config.ts'
import { type Complaint, ConfigError, ConfigErrors } from './error.ts'
import { checkConfig, parseConfig } from './parse.ts'

const MODULES = ['.ts', '.mts', '.js', '.mjs']

/**
 * Reads and checks a config file: YAML or JSON, or a module whose default export is the config (`.ts`, `.mts`, `.js`,
 * `.mjs`; it is run). Throws {@link ConfigErrors}, also when there is no such file.
 */
export async function loadConfig(path: string): Promise<Config> {
  return MODULES.includes(extname(path)) ? await loadModule(path) : parseConfig(await readText(path), { file: path })
}

async function readText(path: string): Promise<string> {
  const bytes = await readBytes(path)
  if (isUtf8(bytes)) return bytes.toString('utf8')
  const before = bytes.toString('utf8').split('\ufffd', 1)[0] ?? ''
  const line = before.split('\n').length
  const column = before.length - before.lastIndexOf('\n')
  return fail({ ...top(path), line, column }, { problem: 'a byte is not UTF-8', hint: 'save the file as UTF-8' })
}

async function readBytes(path: string): Promise<Buffer> {
  return await readFile(path).catch((error: unknown) => fail(top(path), readProblem(error)))
}

async function loadModule(path: string): Promise<Config> {
  await readBytes(path) // import() says less well what is wrong with a file
  const module: unknown = await import(pathToFileURL(resolve(path)).href).catch((error: unknown) => {
    const hint = 'run it with node to see where, and correct it'
    return fail(top(path), { problem: `the module does not load (${oneLine(error)})`, hint })
  })
  if (typeof module === 'object' && module !== null && 'default' in module)
    return checkConfig(module.default, { file: path })
  return fail(top(path), {
    problem: 'the module has no default export',
    hint: 'write "export default { wan: …, lan: … }"',
  })
}

const READ_PROBLEMS: Readonly<Record<string, Complaint>> = {
  ENOENT: { problem: 'there is no such file', hint: 'check the name after -c' },
  ENOTDIR: { problem: 'there is no such file', hint: 'check the name after -c' },
  EISDIR: { problem: 'this is a directory', hint: 'name the file in it' },
  EACCES: { problem: 'the file may not be read (EACCES)', hint: 'run as its owner or as root, or change its mode' },
}

function readProblem(error: unknown): Complaint {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return (
    READ_PROBLEMS[code] ?? {
      problem: `the file cannot be read (${oneLine(error)})`,
      hint: 'check the file and its disk',
    }
  )
}

function oneLine(error: unknown): string {
  return String(error).split('\n', 1)[0] ?? ''
}

function top(file: string): Position {
  return { file, line: 0, column: 0, path: '' }
}

function fail(position: Position, complaint: Complaint): never {
  throw new ConfigErrors([new ConfigError(position, complaint)])
}

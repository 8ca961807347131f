import { readFileSync } from 'node:fs'
import { extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ConfigError, ConfigErrors } from '@sallyport/router'
import type { Internet } from '../topology/internet.ts'
import { checkInternet, parseInternet } from './parse.ts'

const MODULES = ['.ts', '.mts', '.js', '.mjs']

/**
 * A topology file: YAML or JSON, or a module (`.ts`, `.mts`, `.js`, `.mjs`; it is run) whose default export is the
 * topology. Throws ConfigErrors with all its mistakes, also when there is no such file.
 */
export async function loadInternet(file: string): Promise<Internet> {
  const text = readTopology(file)
  return MODULES.includes(extname(file)) ? await loadModule(file) : parseInternet(text, file, readText)
}

async function loadModule(file: string): Promise<Internet> {
  const module: unknown = await import(pathToFileURL(resolve(file)).href).catch((error: unknown) =>
    fail(file, `the module does not load (${oneLine(error)})`, 'run it with node to see where, and correct it'),
  )
  if (typeof module === 'object' && module !== null && 'default' in module)
    return checkInternet(module.default, file, readText)
  return fail(file, 'the module has no default export', 'write "export default { routers: { … } }"')
}

function readTopology(file: string): string {
  try {
    return readText(file)
  } catch (error) {
    return fail(file, `the topology cannot be read (${oneLine(error)})`, 'check the name of the file')
  }
}

/** Throws the system's error, and TypeError where a byte is not UTF-8. */
function readText(path: string): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path))
}

function oneLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? ''
}

function fail(file: string, problem: string, hint: string): never {
  throw new ConfigErrors([new ConfigError({ file, line: 0, column: 0, path: '' }, { problem, hint })])
}

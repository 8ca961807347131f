import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Where a program is, also where ordinary users have no path to (/usr/sbin); undefined: not installed. */
export function programPath(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin']
  return folders.map((folder) => join(folder, name)).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false // that is the answer
  }
}

/**
 * Options for a test that needs other programs, given with their Debian packages: `needs({ nft: 'nftables' })`.
 * Without one of them the test is skipped by name; with CI=true it runs, and fails.
 */
export function needs(programs: Readonly<Record<string, string>>): { readonly skip: string | false } {
  const missing = Object.entries(programs).filter(([name]) => programPath(name) === undefined)
  if (missing.length === 0 || process.env.CI === 'true') return { skip: false }
  const list = missing.map(([name, debian]) => `${name} (Debian: ${debian})`).join(', ')
  return { skip: `not installed: ${list}` }
}

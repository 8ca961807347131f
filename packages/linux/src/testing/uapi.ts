import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseHeader } from './uapi-parser.ts'

const INCLUDE = '/usr/include' // Debian: linux-libc-dev

/** How {@link assertUapi} compares. */
export interface UapiOptions {
  /** Constants younger than some supported linux-libc-dev: compared where the header has them. */
  readonly newer?: readonly string[]
  /** Added to the test's name when one header is compared more than once. */
  readonly about?: string
}

/**
 * Registers a test that our constants are those of an installed kernel header, by the kernel's names. Headers that it
 * includes count too. Without the header the test is skipped by name, but fails when CI=true.
 */
export function assertUapi(
  header: string,
  constants: Readonly<Record<string, number>> | undefined,
  { newer = [], about }: UapiOptions = {},
): void {
  const missing = !existsSync(join(INCLUDE, header))
  const skip = missing && process.env.CI !== 'true' ? `${header} is not installed (Debian: linux-libc-dev)` : false
  test(`constants${about === undefined ? '' : ` of ${about}`} are those of ${header}`, { skip }, () => {
    assert.ok(Object.keys(constants ?? {}).length > 0, 'no constants to compare')
    compare(uapiConstants(header), constants ?? {}, new Set(newer))
  })
}

function compare(
  kernel: ReadonlyMap<string, number>,
  ours: Readonly<Record<string, number>>,
  newer: ReadonlySet<string>,
): void {
  const theirs: Record<string, number | undefined> = {}
  for (const name of Object.keys(ours)) {
    theirs[name] = kernel.get(name) ?? (newer.has(name) ? ours[name] : undefined)
  }
  assert.deepEqual(ours, theirs)
}

/** Every number that a header of /usr/include defines, by `#define` or in an enum, with those of its includes. */
export function uapiConstants(header: string): ReadonlyMap<string, number> {
  const sources: string[] = []
  const seen = new Set<string>()
  const visit = (name: string): void => {
    const path = join(INCLUDE, name)
    if (seen.has(name) || !existsSync(path)) return
    seen.add(name)
    const source = readFileSync(path, 'utf8')
    for (const [, included] of source.matchAll(/^\s*#\s*include\s+<(linux\/[^>]+)>/gm)) visit(included!)
    sources.push(source)
  }
  visit(header)
  if (sources.length === 0)
    throw new Error(`${join(INCLUDE, header)} does not exist; on Debian: apt-get install linux-libc-dev`)
  return parseHeader(sources.join('\n'))
}

import { accessSync, constants, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { BadUsage } from './action.ts'

/**
 * Looks, before minutes of work, whether the files can be written that are written behind it. By option, without its
 * dashes; undefined: not asked for. Throws BadUsage.
 */
export function checkWritable(files: Readonly<Record<string, string | undefined>>): void {
  for (const [option, path] of Object.entries(files)) {
    const problem = path === undefined ? undefined : problemWith(path)
    if (problem === undefined) continue
    throw new BadUsage(
      `--${option}: ${path} cannot be written (${problem}); name a file in a folder that you may write to`,
    )
  }
}

function problemWith(path: string): string | undefined {
  try {
    const there = statSync(path, { throwIfNoEntry: false })
    if (there?.isDirectory()) return 'it is a folder'
    accessSync(there === undefined ? dirname(path) : path, constants.W_OK)
    return undefined
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error)
  }
}

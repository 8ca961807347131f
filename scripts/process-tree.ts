/** The processes below another one, read from /proc, and their end. A test in a sandbox is three processes deep. */
import { readdirSync, readFileSync } from 'node:fs'

export interface ProcessEntry {
  readonly pid: number
  readonly parent: number
  /** Clock ticks after boot (field 22 of proc_pid_stat(5)): tells a process from a later one with the same number. */
  readonly started: number
}

/** Every process that /proc shows, undefined entries left out: processes end while we read. */
export function processes(): ProcessEntry[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.map((pid) => readProcess(Number(pid))).filter((entry) => entry !== undefined)
}

function readProcess(pid: number): ProcessEntry | undefined {
  const stat = readText(`/proc/${pid}/stat`)
  // The second field is the name in parentheses and may hold anything; the third is the first one behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (fields.length < 20) return undefined
  return { pid, parent: Number(fields[1]), started: Number(fields[19]) }
}

/** The command line of a process, word by word; empty when it has ended. */
export function commandLine(pid: number): string[] {
  return readText(`/proc/${pid}/cmdline`).split('\0').slice(0, -1)
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // it has ended since it was listed
  }
}

export function childrenOf(pid: number, all: readonly ProcessEntry[] = processes()): ProcessEntry[] {
  return all.filter((entry) => entry.parent === pid)
}

/** All below `pid`, parents before their children. */
export function descendantsOf(pid: number, all: readonly ProcessEntry[] = processes()): ProcessEntry[] {
  return childrenOf(pid, all).flatMap((child) => [child, ...descendantsOf(child.pid, all)])
}

/** Ends `pid` and all below it. Listed before the first one dies: an orphan would no longer be found. */
export function killTree(pid: number): void {
  const pids = [pid, ...descendantsOf(pid).map((entry) => entry.pid)]
  for (const each of pids) kill(each)
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error // ESRCH: it ended by itself
  }
}

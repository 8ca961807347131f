import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, readSync, statSync } from 'node:fs'

// /proc(5) as far as labs are found in it. Processes come and go while one looks, and those of other users are not
// shown: what cannot be read is not there.

/** This process as /proc has it: in a pid namespace of our own, process.pid is another number. */
export function ownPid(): number {
  return Number(readlinkSync('/proc/self'))
}

export function processes(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
}

export function descriptorsOf(pid: number): number[] {
  return (ifAllowed(() => readdirSync(`/proc/${pid}/fd`)) ?? []).map(Number)
}

/** Whose process it is. Throws when it has ended. */
export function ownerOf(pid: number): { uid: number; gid: number } {
  const { uid, gid } = statSync(`/proc/${pid}`)
  return { uid, gid }
}

/** Where a link of /proc points to: `net:[4026531840]`, `/tmp/#1234 (deleted)`. */
export function linkAt(path: string): string | undefined {
  return ifAllowed(() => readlinkSync(path))
}

/** The text of a file that begins with `magic`; of others no more than that is read. */
export function textWith(magic: string, path: string): string | undefined {
  return ifAllowed(() => {
    const fd = openSync(path, 'r')
    try {
      const beginning = Buffer.alloc(magic.length)
      readSync(fd, beginning, 0, beginning.length, 0)
      return beginning.equals(Buffer.from(magic)) ? readFileSync(fd, 'utf8') : undefined
    } finally {
      closeSync(fd)
    }
  })
}

/** The first process that this one has started and not buried yet. */
export function childOf(pid: number): number | undefined {
  const children = ifAllowed(() => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')) ?? ''
  const first = Number(children.split(' ', 1)[0])
  return first > 0 ? first : undefined
}

function ifAllowed<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

import { closeSync, constants, openSync, unlinkSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ownPid } from './proc.ts'

/** linux: include/uapi/asm-generic/fcntl.h, __O_TMPFILE; the same on x86, arm64 and riscv. */
const O_TMPFILE: number = 0o20000000 | constants.O_DIRECTORY
const folders: readonly string[] = ['/dev/shm', tmpdir(), '/tmp']
let count = 0

/**
 * A file with this content and without a name: only the descriptor holds it, so it ends with the process, however that
 * ends. Throws the system's error when no folder takes files.
 */
export function namelessFile(content: string): number {
  const fd = open()
  writeSync(fd, content)
  return fd
}

function open(): number {
  for (const folder of folders) {
    const fd = openIn(folder)
    if (fd !== undefined) return fd
  }
  return openAndUnlink()
}

/** Undefined where the folder, or its file system, has no O_TMPFILE. */
function openIn(folder: string): number | undefined {
  try {
    return openSync(folder, O_TMPFILE | constants.O_RDWR, 0o600)
  } catch {
    return undefined
  }
}

function openAndUnlink(): number {
  count += 1
  const path = join(tmpdir(), `.sallyport-lab-${ownPid()}-${count}`)
  const fd = openSync(path, constants.O_CREAT | constants.O_EXCL | constants.O_RDWR, 0o600)
  try {
    unlinkSync(path)
  } catch (error) {
    closeSync(fd)
    throw error
  }
  return fd
}

export function forget(fd: number): void {
  closeSync(fd)
}

import { accessSync, constants, readFileSync, writeFileSync } from 'node:fs'
import { SystemError } from './errno.ts'

/** Kernel settings by their dotted names; those under `net.` are of the calling thread's network namespace. */

/** The value without its newline, undefined if this kernel (or this namespace) has no such key. */
export function readSysctl(name: string): string | undefined {
  try {
    return readFileSync(pathOf(name), 'utf8').trimEnd()
  } catch (error) {
    if (isNodeError(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return undefined
    throw explained(`read sysctl ${name}`, error)
  }
}

/** Throws {@link SystemError}: ENOENT without such a key, EACCES or EPERM without the right, EINVAL for a bad value. */
export function writeSysctl(name: string, value: string | number): void {
  try {
    writeFileSync(pathOf(name), `${value}\n`, { flag: 'r+' })
  } catch (error) {
    throw explained(`write sysctl ${name}=${value}`, error)
  }
}

/** False when this process may not write it here, or there is no such key. Some belong to the first namespace alone. */
export function isSysctlWritable(name: string): boolean {
  try {
    accessSync(pathOf(name), constants.W_OK)
    return true
  } catch (error) {
    if (isNodeError(error)) return false
    throw error
  }
}

/** 'net.ipv4.conf.eth0/1.rp_filter': as sysctl(8) has it, '/' stands for a dot inside a name. */
function pathOf(name: string): string {
  const parts = name.split('.').map((part) => part.replaceAll('/', '.'))
  if (parts.some((part) => part === '' || part === '.' || part === '..' || part.includes('\0'))) {
    throw new RangeError(`'${name}' is not the name of a sysctl`)
  }
  return `/proc/sys/${parts.join('/')}`
}

function explained(call: string, error: unknown): unknown {
  if (!isNodeError(error) || error.errno === undefined) return error
  const hint = hints[error.code ?? '']
  return new SystemError(call, Math.abs(error.errno), hint)
}

const hints: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such key: the module that brings it is not loaded, or it belongs to the host alone',
  EACCES: 'this namespace does not belong to the caller: run as root, or in a namespace of your own',
  EPERM: 'only privileged processes may: run as root',
  EROFS: 'proc is mounted read-only here, as in most containers',
}

function isNodeError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error
}

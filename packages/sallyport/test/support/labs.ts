import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { program } from './command.ts'

export interface Outcome {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Who runs the command: an ordinary user too, if we may become one. */
export interface Somebody {
  readonly name: string
  readonly options: Pick<SpawnOptions, 'uid' | 'gid' | 'cwd'>
}

export const self: Somebody = { name: process.getuid?.() === 0 ? 'root' : 'an ordinary user', options: {} }
const nobody: Somebody = { name: 'an ordinary user', options: { uid: 65534, gid: 65534, cwd: '/' } }
export const everybody: readonly Somebody[] = process.getuid?.() === 0 ? [self, nobody] : [self]

export function example(name: string): string {
  return fileURLToPath(new URL(`../../../../examples/lab/${name}`, import.meta.url))
}

/** `sallyport lab …` to its end. */
export function labCommand(args: readonly string[], { options }: Somebody = self): Outcome {
  return spawnSync(process.execPath, [program, 'lab', ...args], { encoding: 'utf8', timeout: 60_000, ...options })
}

/** A shell line for a program of `lab run` that calls `sallyport lab …` itself. */
export function inner(line: string): string {
  return `'${process.execPath}' '${program}' lab ${line}`
}

export interface Held extends AsyncDisposable {
  readonly process: ChildProcess
  /** What `lab run --json` said of it. */
  readonly lab: { readonly name: string; readonly id: string; readonly nodes: readonly { readonly name: string }[] }
}

/** `lab run` without a program, once it is up. Ended with SIGTERM when disposed of. */
export async function hold(args: readonly string[], { options }: Somebody = self): Promise<Held> {
  const child = spawn(process.execPath, [program, 'lab', 'run', '--json', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    ...options,
  })
  let text = ''
  child.stdout!.setEncoding('utf8')
  while (!text.endsWith('\n')) text += (await once(child.stdout!, 'data'))[0]
  const exit = once(child, 'exit')
  return {
    process: child,
    lab: JSON.parse(text),
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await exit
    },
  }
}

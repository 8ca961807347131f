import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import type { NetworkNamespace } from '@sallyport/linux'
import { connect } from '@sallyport/nftables'
import { program } from './rulesets.ts'

/** Milliseconds that `work` took. */
export function duration(work: () => void): number {
  const begin = performance.now()
  work()
  return performance.now() - begin
}

/** A whole `nft` process, in milliseconds. */
export function nftTime(namespace: NetworkNamespace, ...args: readonly string[]): number {
  return duration(() => void program('nft', args, namespace))
}

/** How many elements the set `addresses` has; an interval counts as one. The kernel says so from Linux 6.17 on, else nft. */
export function countElements(namespace: NetworkNamespace): number {
  using kernel = connect({ namespace })
  const set = kernel.sets().find(({ name }) => name === 'addresses')
  if (set?.count !== undefined && !set.flags.includes('interval')) return set.count
  const listed = JSON.parse(program('nft', ['-j', 'list', 'set', 'inet', 'bench', 'addresses'], namespace)) as Listing
  return listed.nftables.find(({ set }) => set !== undefined)?.set?.elem?.length ?? 0
}

interface Listing {
  readonly nftables: readonly { readonly set?: { readonly elem?: readonly unknown[] } }[]
}

/** The most memory that a program had at once, in KiB (VmHWM), as seen a hundred times a second. Throws when it fails. */
export async function peakMemory(
  command: string,
  args: readonly string[],
  namespace: NetworkNamespace,
): Promise<number> {
  const child = namespace.run(() => spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] }))
  const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('exit', resolve))
  let most = 0
  let isRunning = true
  const status = ended.finally(() => (isRunning = false))
  while (isRunning) {
    for (const pid of children()) most = Math.max(most, highWater(pid))
    await Promise.race([status, setTimeout(10)])
  }
  if ((await status) !== 0) throw new Error(`${command} ${args.join(' ')} failed`)
  return most
}

/** As /proc numbers them: it may be that of another pid namespace. */
function children(): string[] {
  const tasks = readdirSync('/proc/self/task')
  return tasks.flatMap((task) => readFileSync(`/proc/self/task/${task}/children`, 'utf8').split(' ').filter(Boolean))
}

function highWater(pid: string): number {
  try {
    return Number(/^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0 // it ended between two looks
  }
}

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { Context } from '../../harness.ts'

/** Which processor the servers run on, and which ones the load comes from; as `taskset -c` writes them. */
export interface Cores {
  readonly server: string
  readonly load: string
}

/**
 * Gives the first processor to the servers, and moves this process, which makes the load, to the others. With fewer
 * than three, the parts of a round take time from each other, which is said.
 */
export function shareOutCores(context: Context): Cores {
  const all = allowedCores()
  const [server = 0, ...others] = all
  if (others.length < 2) console.error(`${all.length} processors: the load takes time from the servers it measures`)
  const load = (others.length === 0 ? all : others).join(',')
  // The main thread, and with it all threads that it starts from now on.
  const { status, stderr } = spawnSync('taskset', ['--cpu-list', '--pid', load, String(process.pid)])
  if (status !== 0) throw new Error(`taskset: ${String(stderr)}`)
  context.log(`servers on processor ${server}, load on ${load}`)
  return { server: String(server), load }
}

/** Those that this process may run on. */
function allowedCores(): number[] {
  const list = /^Cpus_allowed_list:\s*(.*)$/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]!
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, n) => first + n)
  })
}

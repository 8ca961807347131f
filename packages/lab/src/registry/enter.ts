import { linkAt, ownerOf } from './proc.ts'
import type { RunningLab } from './running.ts'

/** A command line for a program inside a node. */
export interface Entrance {
  readonly command: string
  readonly args: readonly string[]
  /** The program is a child of `command` then, not what `command` becomes. */
  readonly forks: boolean
}

/**
 * How a program gets into a node: nsenter(1) of util-linux. The user namespace gives an ordinary user the right to it;
 * in the pid namespace the program ends with the lab at the latest. The mount namespace stays the caller's: a lab
 * mounts nothing, and the working directory would be lost.
 */
export function entrance(lab: RunningLab, node: string, program: readonly string[]): Entrance {
  const fd = lab.nodes.find(({ name }) => name === node)?.fd
  if (fd === undefined) throw new Error(`lab '${lab.name}' has no node '${node}'`)
  const user = isElsewhere(lab, 'user')
  const forks = isElsewhere(lab, 'pid')
  const [command = '', ...args] = [
    ...(user ? asOwner(lab) : []),
    'nsenter',
    '--target',
    String(lab.pid),
    ...(user ? ['--user', '--preserve-credentials'] : []),
    ...(forks ? ['--pid'] : []),
    `--net=/proc/${lab.pid}/fd/${fd}`,
    '--',
    ...program,
  ]
  return { command, args, forks }
}

/** Root is nobody in the user namespace of somebody else, and its programs may do nothing there: it becomes that user. */
function asOwner({ pid }: RunningLab): string[] {
  const { uid, gid } = ownerOf(pid)
  if (process.getuid?.() !== 0 || uid === 0) return []
  return ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups']
}

/** Nobody may enter the user namespace again that he is in. */
function isElsewhere({ pid }: RunningLab, kind: 'user' | 'pid'): boolean {
  return linkAt(`/proc/self/ns/${kind}`) !== linkAt(`/proc/${pid}/ns/${kind}`)
}

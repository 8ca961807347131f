import type { RunningLab } from './running.ts'

/** Nothing that runs is what was asked for: which labs and nodes there are. */
export class NotRunning extends Error {
  override readonly name = 'NotRunning'
}

/** What a program inside gets as SALLYPORT_LAB, and what `--lab` takes beside the name and the process: 'hotel@4711'. */
export function labId({ name, pid }: Pick<RunningLab, 'name' | 'pid'>): string {
  return `${name}@${pid}`
}

/**
 * The lab that has a node: of those called `which` (a name, a process id, or {@link labId}), of all where it is absent.
 * Throws {@link NotRunning} when there is none, or more than one.
 */
export function findNode(labs: readonly RunningLab[], node: string, which?: string): RunningLab {
  if (labs.length === 0) throw new NotRunning('no lab is running; start one with: sallyport lab run TOPOLOGY')
  const named = which === undefined ? labs : labs.filter((lab) => isCalled(lab, which))
  if (named.length === 0) throw new NotRunning(`no lab '${which}' is running; running: ${labs.map(labId).join(', ')}`)
  const having = named.filter(({ nodes }) => nodes.some(({ name }) => name === node))
  if (having.length === 1) return having[0]!
  if (having.length > 1)
    throw new NotRunning(
      `${having.length} labs have a node '${node}'; say which: --lab ${having.map(labId).join(' or ')}`,
    )
  const known = named.map((lab) => `${labId(lab)}: ${lab.nodes.map(({ name }) => name).join(', ')}`)
  throw new NotRunning(`there is no node '${node}'; there are\n${known.join('\n')}`)
}

function isCalled(lab: RunningLab, which: string): boolean {
  return [lab.name, String(lab.pid), labId(lab)].includes(which)
}

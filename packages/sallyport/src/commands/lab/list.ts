import type { Command } from 'commander'
import { withJson } from '../../options.ts'
import { print, printJson, table } from '../../output.ts'
import { labAction } from './action.ts'

export function registerList(lab: Command): void {
  withJson(lab.command('list').description("labs that are running: this user's, or all of them for root")).action(
    labAction(list),
  )
}

async function list({ json }: { json?: boolean }): Promise<void> {
  const { runningLabs } = await import('@sallyport/lab')
  const labs = runningLabs().map(({ name, pid, nodes }) => ({ name, pid, nodes: nodes.map((node) => node.name) }))
  if (json) printJson({ labs })
  else if (labs.length === 0) print('No lab is running.')
  else
    print(table([['LAB', 'PROCESS', 'NODES'], ...labs.map((lab) => [lab.name, String(lab.pid), lab.nodes.join(' ')])]))
}

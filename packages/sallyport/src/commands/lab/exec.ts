import type { Command } from 'commander'
import { labAction } from './action.ts'

interface Options {
  readonly lab?: string
}

export function registerExec(lab: Command): void {
  lab
    .command('exec')
    .description('run a program in a node of a lab that is running')
    .argument('<node>', 'which node')
    .argument('<command...>', 'the program and its arguments, behind --')
    .option('--lab <name>', 'which lab: its name, its process id, or NAME@ID; default: the only one with such a node')
    .action(labAction(exec))
}

async function exec(
  node: string,
  program: string[],
  { lab: which = process.env.SALLYPORT_LAB }: Options,
): Promise<void> {
  const { entrance, findNode, runInside, runningLabs } = await import('@sallyport/lab')
  process.exitCode = await runInside(entrance(findNode(runningLabs(), node, which), node, program))
}

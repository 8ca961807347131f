import { Router } from '@sallyport/router'
import type { Command } from 'commander'
import { withJson } from '../options.ts'
import { print, printJson } from '../output.ts'
import { describePlan } from './plan.ts'

interface Options {
  readonly json?: boolean
}

export function registerDown(program: Command): void {
  // -c is accepted so that the same arguments do for every command.
  withJson(program.command('down').description('remove our table and put the settings back'))
    .option('-c, --config <file>', 'not needed: the kernel knows')
    .action(down)
}

function down({ json }: Options): void {
  using router = Router.open()
  const { changes, messages } = router.down()
  if (json) printJson({ ok: true, changes })
  else print(describePlan({ changes, messages }))
}

import { loadConfig, type Plan, Router } from '@sallyport/router'
import type { Command } from 'commander'
import { say } from '../failure.ts'
import { type ConfigOptions, withConfig } from '../options.ts'
import { counted, print, printJson, table } from '../output.ts'

export function registerPlan(program: Command): void {
  withConfig(program.command('plan').description('show what apply would change')).action(plan)
}

async function plan({ config: file, json }: ConfigOptions): Promise<void> {
  const config = await loadConfig(file)
  using router = Router.open()
  const { changes, messages, warnings } = router.plan(config)
  for (const warning of warnings) say(warning)
  if (json) printJson({ changes, messages })
  else print(describePlan({ changes, messages }))
}

const sign = { add: '+', delete: '-', change: '~' } as const

/** One line for each change, and how much it is. */
export function describePlan({ changes, messages }: Pick<Plan, 'changes' | 'messages'>): string {
  if (changes.length === 0 && messages === 0) return 'Nothing to change.'
  const lines = table(changes.map(({ op, kind, name }) => [`${sign[op]} ${kind}`, name]))
  return `${lines}\n${counted(changes.length, 'change')} in ${counted(messages, 'netlink message')}.`
}

import { loadConfig, Router } from '@sallyport/router'
import type { Command } from 'commander'
import { say } from '../failure.ts'
import { type ConfigOptions, withConfig } from '../options.ts'
import { print, printJson } from '../output.ts'
import { describePlan } from './plan.ts'

export function registerApply(program: Command): void {
  withConfig(program.command('apply').description('make the kernel do what the config says')).action(apply)
}

async function apply({ config: file, json }: ConfigOptions): Promise<void> {
  const config = await loadConfig(file)
  using router = Router.open()
  const { changes, messages, generation, warnings } = router.apply(config)
  for (const warning of warnings) say(warning)
  if (json) printJson({ changes, messages, applied: true, generation })
  else print(describePlan({ changes, messages }))
}

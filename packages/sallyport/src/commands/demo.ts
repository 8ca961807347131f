import { fileURLToPath } from 'node:url'
import { loadConfig, Router } from '@sallyport/router'
import type { Command } from 'commander'
import { withJson } from '../options.ts'
import { print, printJson } from '../output.ts'

/** The config that the guide explains; the demo builds the house that it describes. */
const EXAMPLE = fileURLToPath(new URL('../../../../examples/console-gaming.yaml', import.meta.url))

export function registerDemo(program: Command): void {
  withJson(
    program.command('demo').description('build a house behind a Sallyport router in namespaces, and measure it'),
  ).action(demo)
}

async function demo({ json }: { json?: boolean }): Promise<void> {
  const { renderDemo, runDemo, sandbox } = await import('@sallyport/lab') // no other command needs it
  await sandbox()
  const result = await runDemo({
    config: await loadConfig(EXAMPLE),
    applyRouter: (config, options) => {
      using router = Router.open(options)
      return router.apply(config)
    },
    progress: (step) => {
      if (process.stderr.isTTY) process.stderr.write(`${step} …\n`)
    },
  })
  if (json) printJson(result)
  else print(renderDemo(result))
  if (!result.ok) process.exitCode = 1
}

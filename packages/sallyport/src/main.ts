import { Command, CommanderError } from 'commander'
import manifest from '../package.json' with { type: 'json' }
import { registerApply } from './commands/apply.ts'
import { registerDemo } from './commands/demo.ts'
import { registerDown } from './commands/down.ts'
import { registerLab } from './commands/lab/index.ts'
import { registerNat } from './commands/nat.ts'
import { registerPlan } from './commands/plan.ts'
import { registerRender } from './commands/render.ts'
import { registerStatus } from './commands/status.ts'
import { registerStun } from './commands/stun.ts'
import { registerTurn } from './commands/turn.ts'
import { registerWatch } from './commands/watch.ts'
import { report } from './failure.ts'
import { onReaderGone } from './output.ts'

const commands = [
  registerDemo,
  registerPlan,
  registerApply,
  registerRender,
  registerStatus,
  registerWatch,
  registerDown,
  registerLab,
  registerNat,
  registerStun,
  registerTurn,
]

const examples = `
Examples:
  sallyport demo                          a house behind a router, in namespaces of its own
  sudo sallyport plan -c home.yaml        what would change
  sudo sallyport apply -c home.yaml       change it
  sudo sallyport status                   forwards, open ports, connections
  sudo sallyport down                     as if we had never been there

Exit status: 0 done, 1 failed, 2 bad usage or bad config.`

function commandLine(): Command {
  const program = new Command('sallyport')
    .description('The NAT toolkit for Linux')
    .version(manifest.version)
    .exitOverride()
    .showHelpAfterError('(sallyport --help says what there is)')
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'sallyport: ')) })
    .addHelpText('after', examples)
  for (const register of commands) register(program)
  return program
}

/** The whole command line; returns the exit code: 0 done, 1 failed, 2 bad usage or bad config. */
async function main(argv: readonly string[]): Promise<number> {
  onReaderGone(() => {})
  try {
    await commandLine().parseAsync(argv, { from: 'user' })
    return Number(process.exitCode ?? 0)
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    return report(error)
  }
}

process.exitCode = await main(process.argv.slice(2))

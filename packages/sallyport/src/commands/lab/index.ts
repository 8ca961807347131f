import type { Command } from 'commander'
import { registerDoctor } from './doctor.ts'
import { registerDraw } from './draw.ts'
import { registerExec } from './exec.ts'
import { registerList } from './list.ts'
import { registerMatrix } from './matrix.ts'
import { registerPresets } from './presets.ts'
import { registerReport } from './report.ts'
import { registerRun } from './run.ts'

const commands = [
  registerRun,
  registerExec,
  registerList,
  registerDraw,
  registerPresets,
  registerMatrix,
  registerReport,
  registerDoctor,
]

/** `sallyport lab …`: simulated internets. */
export function registerLab(program: Command): void {
  const lab = program.command('lab').description('simulated internets on the real kernel, without root')
  for (const register of commands) register(lab)
  for (const command of lab.commands) command.showHelpAfterError(helpAfter(command))
}

/** The options of a program that is run have to stand where this program does not look for its own. */
function helpAfter(command: Command): string {
  const runs = command.registeredArguments.some(({ variadic }) => variadic)
  const hint = runs ? '; a program and its options stand behind --' : ''
  return `(sallyport lab ${command.name()} --help says what there is${hint})`
}

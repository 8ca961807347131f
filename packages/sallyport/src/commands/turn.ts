import type { Command } from 'commander'
import { type TurnFlags, withTurnFlags } from '../server-flags.ts'
import { serve } from './serve.ts'

const signals = `
Signals: SIGHUP reads the config, users, secrets and certificates again, and no allocation is lost;
SIGUSR1 takes no new allocations and ends with the last one; SIGTERM ends at once.`

export function registerTurn(program: Command): void {
  withTurnFlags(program.command('turn').description('serve TURN: relay for clients that cannot reach each other'))
    .addHelpText('after', signals)
    .action((flags: TurnFlags) => serve('turn', flags))
}

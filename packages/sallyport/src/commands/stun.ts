import type { Command } from 'commander'
import { type ServerFlags, withServerFlags } from '../server-flags.ts'
import { serve } from './serve.ts'

export function registerStun(program: Command): void {
  withServerFlags(
    program.command('stun').description('serve STUN: tell clients the address that they come from'),
  ).action((flags: ServerFlags) => serve('stun', flags))
}

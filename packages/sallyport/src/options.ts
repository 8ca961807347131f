import type { Command } from 'commander'

export interface ConfigOptions {
  readonly config: string
  readonly json?: boolean
}

/** `-c FILE`, for the commands that read a config. */
export function withConfigFile(command: Command): Command {
  return command.requiredOption('-c, --config <file>', 'the config: YAML, JSON or a TypeScript module')
}

/** `-c FILE` and `--json`, as most commands have them. */
export function withConfig(command: Command): Command {
  return withJson(withConfigFile(command))
}

export function withJson(command: Command, description = 'print one JSON document and nothing else'): Command {
  return command.option('--json', description)
}

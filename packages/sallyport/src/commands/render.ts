import { loadConfig, render } from '@sallyport/router'
import type { Command } from 'commander'
import { withConfigFile } from '../options.ts'
import { print } from '../output.ts'

export function registerRender(program: Command): void {
  const description = 'print the ruleset as nft text; needs no privilege and touches nothing'
  withConfigFile(program.command('render').description(description)).action(
    async ({ config }: { readonly config: string }) => {
      print(render(await loadConfig(config)))
    },
  )
}

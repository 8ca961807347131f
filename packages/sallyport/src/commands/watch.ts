import { Router, type RouterEvent } from '@sallyport/router'
import type { Command } from 'commander'
import { withJson } from '../options.ts'
import { onReaderGone, print, printJson } from '../output.ts'

export function registerWatch(program: Command): void {
  withJson(
    program.command('watch').description('print events as they happen: ports opened, taken over, refused'),
    'print one JSON document per event and nothing else',
  ).action(watch)
}

async function watch({ json }: { json?: boolean }): Promise<void> {
  using router = Router.open()
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  onReaderGone(() => stop.abort())
  for await (const event of router.events({ signal: stop.signal })) {
    if (json) printJson(event)
    else print(describeEvent(event))
  }
}

function describeEvent(event: RouterEvent): string {
  if (event.type === 'lost') return `lost ${event.count ?? 'some'} events: they came faster than they were read`
  const { type, protocol, internal, external } = event
  return [type, protocol, internal, ...(external === undefined ? [] : [`as ${external}`])].join(' ')
}

import { Router, type Status } from '@sallyport/router'
import type { Command } from 'commander'
import { withJson } from '../options.ts'
import { print, printJson, table } from '../output.ts'

export function registerStatus(program: Command): void {
  withJson(program.command('status').description('show forwards, open ports and the connection table'))
    .option('-c, --config <file>', 'not needed: the kernel knows')
    .action(status)
}

function status({ json }: { json?: boolean }): void {
  using router = Router.open()
  const now = router.status()
  if (json) printJson(now)
  else print(describeStatus(now))
}

function describeStatus({ active, forwards, mappings, conntrack, refused }: Status): string {
  if (!active) return 'Sallyport is not active here: there is no table inet sallyport.'
  const most = conntrack.max === undefined ? '' : ` of at most ${conntrack.max}`
  return [
    describeForwards(forwards),
    describeMappings(mappings),
    `connections: ${conntrack.count}${most}; first packets refused: ${refused}`,
  ].join('\n\n')
}

function describeForwards(forwards: Status['forwards']): string {
  if (forwards.length === 0) return 'No forwards.'
  const rows = forwards.map(({ port, to, packets, bytes }) => [port, to, String(packets), String(bytes)])
  return table([['FORWARD', 'TO', 'PACKETS', 'BYTES'], ...rows])
}

function describeMappings(mappings: Status['mappings']): string {
  if (mappings.length === 0) return 'No open ports.'
  const rows = mappings.map(({ protocol, external, internal, expires }) => [
    `${protocol}/${external}`,
    internal,
    `${expires} s`,
  ])
  return table([['OPEN PORT', 'INSIDE', 'EXPIRES IN'], ...rows])
}

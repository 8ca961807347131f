import { isIP } from 'node:net'
import {
  discoverNat,
  type Grade,
  type Lifetime,
  type NatReport,
  parseServer,
  resolveServer,
  type ServerName,
} from '@sallyport/traversal/discovery'
import { type Command, InvalidArgumentError } from 'commander'
import { withJson } from '../options.ts'
import { print, printJson, table } from '../output.ts'

interface NatFlags {
  readonly server?: readonly ServerName[]
  /** Milliseconds; true when no number is given. */
  readonly lifetime?: number | true
  readonly secondAddress?: string
  readonly routerAddress?: string
  readonly json?: boolean
}

const noServer = `nat needs a STUN server to ask: --server HOST:PORT
Run one outside, on a machine with two addresses, to learn everything:
  sallyport stun --listen 192.0.2.1:3478 --listen 192.0.2.1:3479 --listen 192.0.2.2:3478 --listen 192.0.2.2:3479
A server with one address tells the external address; two of those tell the mapping, too.`

export function registerNat(program: Command): void {
  const command = program.command('nat').description('tell which NAT this machine is behind, and why')
  withJson(command)
    .option('--server <host:port>', 'STUN server to ask; again for more; port 3478 if there is none', server)
    .option('--lifetime [seconds]', 'measure how long an idle mapping lives, up to 300 s; takes twice as long', seconds)
    .option('--second-address <address>', 'of this machine: try what happens when two hosts use one port', address)
    .option('--router-address <address>', 'that the router says it has outside: tells a double NAT', address)
    .action((flags: NatFlags) => nat(flags, command))
}

async function nat({ server: servers = [], lifetime, json, ...addresses }: NatFlags, command: Command): Promise<void> {
  if (servers.length === 0) command.error(`error: ${noServer}`)
  const found = await discoverNat({
    servers: await Promise.all(servers.map(resolveServer)),
    ...addresses,
    ...(lifetime !== undefined && { lifetime: lifetime === true ? {} : { most: lifetime } }),
    say: (text) => {
      if (process.stderr.isTTY) process.stderr.write(`${text} …\n`)
    },
  })
  if (json) printJson(found)
  else print(describe(found))
}

function server(text: string, before: readonly ServerName[] = []): ServerName[] {
  const parsed = parseServer(text)
  if (parsed === undefined) throw new InvalidArgumentError('write HOST, HOST:PORT or [IPV6]:PORT.')
  return [...before, parsed]
}

function address(text: string): string {
  if (isIP(text) === 0 || text.includes('%')) throw new InvalidArgumentError('write an IP address.')
  return text
}

function seconds(text: string): number {
  const value = Number(text)
  if (!(value >= 1 && value <= 86_400)) throw new InvalidArgumentError('write seconds, 1 to 86400.')
  return value * 1000
}

/** What a grade is good for. */
const meanings: Readonly<Record<Grade, string>> = {
  A: 'one external port for all, and whoever knows it gets in',
  B: 'one external port for all; who was written to gets in, so that peers can meet',
  C: 'another external port for each address written to: peers meet only behind better NATs',
  D: 'another external port for each destination: peers meet only behind better NATs, or by a relay',
  F: 'nothing comes back over UDP',
  unknown: 'the servers that were asked cannot tell',
}

function describe(found: NatReport): string {
  const rows = [
    ['mapping', found.mapping],
    ['filtering', found.filtering],
    ['hairpin', found.hairpin],
    ['preserves ports', found.external === null ? 'unknown' : found.preservesPort ? 'yes' : 'no'],
    ['external', found.external ?? 'unknown'],
    ['local', found.local ?? 'unknown'],
    ['double NAT', found.doubleNat],
    ...(found.lifetime === undefined ? [] : [['lifetime', describeLifetime(found.lifetime)]]),
    ...(found.collision === undefined ? [] : [['two on one port', found.collision]]),
  ]
  const why = found.why.map((line) => `  ${line}`).join('\n')
  return `Grade ${found.grade}: ${meanings[found.grade]}.\n\n${table(rows)}\n\nWhy:\n${why}`
}

function describeLifetime(lifetime: Lifetime | 'unknown'): string {
  if (lifetime === 'unknown') return lifetime
  const { atLeast, atMost } = lifetime
  if (atMost === undefined) return `more than ${Math.round(atLeast / 1000)} s`
  return `${(atLeast / 1000).toFixed(1)} to ${(atMost / 1000).toFixed(1)} s`
}

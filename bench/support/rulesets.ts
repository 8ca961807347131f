import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { NetworkNamespace } from '@sallyport/linux'
import { accept, Batch, batchOf, connect, ct, iifname, masquerade, oifname, Ruleset } from '@sallyport/nftables'
import { type Config, checkConfig, Router } from '@sallyport/router'
import { flushFlows } from './flush.ts'
import { hosts, lanAddress } from './house.ts'

/** Full cone for the first four hosts, as a console household would have it; and these forwards. */
export function fullCone(forwards: readonly string[] = []): Config {
  const consoles = hosts.slice(0, 4)
  const config = {
    wan: 'wan',
    lan: { lan: `${lanAddress}/24` },
    hosts: Object.fromEntries(consoles.map((address, n) => [`console-${n + 1}`, address])),
    nat: {
      mapping: 'endpoint-independent',
      filtering: 'endpoint-independent',
      hosts: consoles.map((_, n) => `console-${n + 1}`),
      limit: 64,
    },
    forwards,
  }
  return checkConfig(config, { file: 'benchmark' })
}

export function apply(config: Config, namespace: NetworkNamespace): void {
  using router = Router.open({ namespace })
  router.apply(config)
}

/** What most Linux routers have: masquerade, and stateful filters that drop what was not asked for. */
export function applyMasquerade(namespace: NetworkNamespace): void {
  const rules = new Ruleset()
  const table = rules.table('inet', 'plain')
  table
    .chain('input', { hook: 'input', priority: 'filter', policy: 'drop' })
    .rule(ct.state.any('established', 'related'), accept())
    .rule(iifname.eq('lan'), accept())
  table
    .chain('forward', { hook: 'forward', priority: 'filter', policy: 'drop' })
    .rule(ct.state.any('established', 'related'), accept())
    .rule(iifname.eq('lan'), oifname.eq('wan'), accept())
  table
    .chain('postrouting', { type: 'nat', hook: 'postrouting', priority: 'srcnat' })
    .rule(oifname.eq('wan'), masquerade())
  using nftables = connect({ namespace })
  nftables.commit(batchOf(rules))
}

/** Makes a router forget its flows, and all that its rules have learned. */
export function forget(namespace: NetworkNamespace): void {
  using nftables = connect({ namespace })
  const learned = nftables.sets().filter(({ flags }) => flags.includes('eval'))
  if (learned.length > 0) nftables.commit(learned.reduce((batch, set) => batch.flush('set', set), new Batch()))
  flushFlows(namespace)
}

/** A forward in the terms of iptables. */
export interface DnatRule {
  readonly port: number
  readonly to: string
}

/** Of rules in one transaction of iptables: an ordinary user's socket takes no larger one. */
const RULES_AT_ONCE = 250

/**
 * The same router in iptables: a DNAT rule for each forward, masquerade, and stateful filters. The rules name the
 * interface, as guides have it: without it they would take connections from inside to other servers' ports, too.
 */
export function applyIptables(rules: readonly DnatRule[], namespace: NetworkNamespace): void {
  const filter = [
    ':INPUT DROP',
    ':FORWARD DROP',
    ...['INPUT', 'FORWARD'].map((chain) => `-A ${chain} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`),
    '-A INPUT -i lan -j ACCEPT',
    '-A FORWARD -i lan -o wan -j ACCEPT',
    '-A FORWARD -m conntrack --ctstate DNAT -j ACCEPT',
  ]
  const restore = (table: string, lines: readonly string[]): string =>
    program('iptables-restore', ['--noflush'], namespace, [`*${table}`, ...lines, 'COMMIT\n'].join('\n'))
  restore('filter', filter)
  restore('nat', ['-A POSTROUTING -o wan -j MASQUERADE'])
  for (let at = 0; at < rules.length; at += RULES_AT_ONCE) {
    const some = rules.slice(at, at + RULES_AT_ONCE)
    const lines = some.map(
      ({ port, to }) => `-A PREROUTING -i wan -p udp --dport ${port} -j DNAT --to-destination ${to}`,
    )
    restore('nat', lines)
  }
}

/** An ordinary user's PATH on Debian lacks where these programs are. */
const PATH = `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin:/sbin`

/** Where a program is. */
export function programPath(command: string): string {
  const found = PATH.split(':').map((directory) => `${directory}/${command}`)
  return found.find((path) => existsSync(path)) ?? command
}

/** Runs a program in a namespace to its end. Throws with what it said when it fails. */
export function program(command: string, args: readonly string[], namespace: NetworkNamespace, input = ''): string {
  const env = { ...process.env, PATH }
  const result = namespace.run(() => spawnSync(command, args, { input, env, encoding: 'utf8', maxBuffer: 1 << 30 }))
  if (result.error) throw new Error(`${command}: ${result.error.message}; install it: npm run bench, as root, does`)
  if (result.status !== 0) {
    const hint = result.stderr.includes('too long') ? '; run it as root, or with a larger net.core.wmem_max' : ''
    throw new Error(`${command} ${args.join(' ')}: ${result.stderr.trim()}${hint}`)
  }
  return result.stdout
}

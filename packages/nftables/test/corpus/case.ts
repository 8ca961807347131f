import type { BaseChain, Comment, Family, Statement, Table } from '../../src/index.ts'

/** A small ruleset, written twice: what stands between the braces of a table, and the same with the builder. */
export interface Case {
  readonly name: string
  readonly family: Family
  readonly text: string
  readonly build: (table: Table) => void
}

type Part = Statement | Comment

/** One rule in a chain. `base`: as nft writes it, and as the builder does. */
export interface Place {
  readonly family: Family
  readonly base?: readonly [text: string, options: BaseChain]
}

const inInet: Place = { family: 'inet' }

/** A ruleset of one rule. The text is also the name. */
export function rule(text: string, parts: () => readonly Part[], place: Place = inInet): Case {
  const { family, base } = place
  const body = `chain c {\n${base === undefined ? '' : `${base[0]};\n`}${text}\n}`
  const build = (table: Table): void => {
    table.chain('c', base?.[1] ?? {}).rule(...parts())
  }
  return { name: `${family}: ${text}`, family, text: body, build }
}

/** A ruleset with more in it than one rule. */
export function ruleset(name: string, text: string, build: (table: Table) => void, family: Family = 'inet'): Case {
  return { name: `${family}: ${name}`, family, text, build }
}

export const prerouting: Place = {
  family: 'inet',
  base: ['type filter hook prerouting priority 0', { hook: 'prerouting' }],
}
export const input: Place = { family: 'inet', base: ['type filter hook input priority 0', { hook: 'input' }] }
export const forward: Place = { family: 'inet', base: ['type filter hook forward priority 0', { hook: 'forward' }] }
export const ip4: Place = {
  family: 'ip',
  base: ['type filter hook prerouting priority 0', { hook: 'prerouting' }],
}
export const ip6only: Place = {
  family: 'ip6',
  base: ['type filter hook prerouting priority 0', { hook: 'prerouting' }],
}
export const bridge: Place = { family: 'bridge' }
export const arpTable: Place = { family: 'arp' }
export const ingress: Place = {
  family: 'netdev',
  base: ['type filter hook ingress device "lo" priority 0', { hook: 'ingress', devices: ['lo'] }],
}
export const egress: Place = {
  family: 'netdev',
  base: ['type filter hook egress device "lo" priority 0', { hook: 'egress', devices: ['lo'] }],
}

import { spawnSync } from 'node:child_process'
import { stripVTControlCharacters } from 'node:util'

/** Debian's nft as an oracle. Without it a test is skipped by name; with CI=true it fails instead. */
const found = spawnSync('nft', ['--version']).status === 0
export const skip: string | false =
  found || process.env.CI === 'true' ? false : 'nft is not installed (Debian: nftables, in /usr/sbin)'

/** Runs nft and returns what it prints; throws what it complains of. */
export function nft(args: readonly string[], input = ''): string {
  const { status, stdout, stderr, error } = spawnSync('nft', args, { input, encoding: 'utf8', maxBuffer: 1 << 28 })
  if (status !== 0) throw new Error(`nft ${args.join(' ')}: ${error?.message ?? stderr}`)
  return stdout
}

export function listing(): string {
  return nft(['list', 'ruleset'])
}

/** One message that nft sends: nlmsg_type, and what follows the netlink header. */
export interface Sent {
  readonly type: number
  readonly body: Uint8Array
}

/** All messages that nft sends for a ruleset, its queries too. */
export function messagesOf(ruleset: string): Sent[] {
  return parseDumps(nft(['--debug=mnl', '-c', '-f', '-'], ruleset))
}

/** The same, also when this kernel refuses some of them. */
export function messagesRefused(ruleset: string): Sent[] {
  return parseDumps(spawnSync('nft', ['--debug=mnl', '-c', '-f', '-'], { input: ruleset, encoding: 'utf8' }).stdout)
}

function parseDumps(printed: string): Sent[] {
  return stripVTControlCharacters(printed)
    .split(/^(?=\| +\d+ +\|\t\| message length)/m)
    .slice(1)
    .map(parseDump)
}

/** One message as libmnl draws it: rows of the header, then rows of four bytes or of an attribute's header. */
function parseDump(dump: string): Sent {
  const [, type] = /^\| (\d+) \| \S+ \|\t/m.exec(dump) ?? []
  const bytes = dump.split('\n').flatMap((row) => attributeHeader(row) ?? fourBytes(row) ?? [])
  return { type: Number(type), body: Uint8Array.from(bytes) }
}

function attributeHeader(row: string): number[] | undefined {
  const [, length, flags, type] = /^\|(\d+)\|(..)\|(\d+)\|/.exec(row) ?? []
  if (length === undefined) return undefined
  const [low, high] = [Number(length) & 0xff, Number(length) >> 8]
  return [low, high, Number(type) & 0xff, (Number(type) >> 8) | (flags!.startsWith('N') ? 0x80 : 0)]
}

function fourBytes(row: string): number[] | undefined {
  const [, bytes] = /^\| ((?:[0-9a-f]{2} ){4}) \|/.exec(row) ?? []
  return bytes
    ?.trim()
    .split(' ')
    .map((digits) => Number.parseInt(digits, 16))
}

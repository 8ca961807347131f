import { type Line, printLine, span } from './line.ts'
import type { Rate, ViewLink, ViewNode, ViewRule, ViewState } from './state.ts'

export interface ViewSize {
  /** Columns; default 80. */
  readonly width?: number
  /** Lines; default 24. */
  readonly height?: number
  /** Default false. */
  readonly color?: boolean
}

const RULES = 4

/** A lab at one moment as text: at most `height` lines of at most `width` columns. */
export function renderView(state: ViewState, { width = 80, height = 24, color = false }: ViewSize = {}): string {
  const body = Math.max(0, height - 1)
  const packets = state.packets.length === 0 ? [] : packetLines(state.packets, Math.floor(body / 3))
  const nodes = fitted(state.nodes.map(nodeLines), body - packets.length)
  const lines = [titleLine(state), ...nodes, ...packets].slice(0, height)
  return lines.map((line) => printLine(line, { width, color })).join('\n')
}

function titleLine({ title, elapsed, nodes }: ViewState): Line {
  const dropped = nodes.reduce((sum, node) => sum + node.dropped, 0)
  const seconds = `${(elapsed / 1000).toFixed(1)} s`
  const about = [span(title, 'bold'), span(`  ${counted(nodes.length, 'node')}  ${seconds}`)]
  return dropped === 0 ? about : [...about, span(`  ${dropped} not forwarded`, 'red')]
}

/** Whole nodes, as many as have room, and how many are missing. */
function fitted(blocks: readonly (readonly Line[])[], room: number): Line[] {
  const all = blocks.flat()
  if (all.length <= room) return all
  const lines: Line[] = []
  let shown = 0
  for (const block of blocks) {
    if (lines.length + block.length > room - 1) break
    lines.push(...block)
    shown += 1
  }
  return [...lines, [span(`… ${counted(blocks.length - shown, 'more node')}`, 'dim')]].slice(0, Math.max(0, room))
}

function nodeLines(node: ViewNode): Line[] {
  const { name, isRouter, addresses, links, conntrack, rules, dropped } = node
  const head: Line = [
    span(name, 'bold'),
    span(isRouter ? '  router' : '', 'cyan'),
    span(`  ${addresses.join(' ')}`),
    span(conntrack === undefined ? '' : `  ${counted(conntrack.count, 'connection')}`),
    span(dropped === 0 ? '' : `  ${dropped} not forwarded`, 'red'),
  ]
  return [
    head,
    ...links.map(linkLine),
    ...(conntrack?.newest ?? []).map((entry): Line => [span(`  ${entry}`, 'dim')]),
    ...rules.slice(0, RULES).map(ruleLine),
  ]
}

function linkLine({ interface: name, network, impairment, up, down }: ViewLink): Line {
  return [
    span(`  ${name.padEnd(5)} `),
    span(network.padEnd(10), 'dim'),
    span(' ↑ '),
    rateSpan(up),
    span(' ↓ '),
    rateSpan(down),
    span(impairment === '' ? '' : `  ${impairment}`, 'cyan'),
  ]
}

function rateSpan({ packets, bits }: Rate): Line[number] {
  if (packets === 0) return span('–'.padEnd(20), 'dim')
  return span(`${bitRate(bits)} ${Math.round(packets)}/s`.padEnd(20), 'green')
}

function ruleLine({ name, packets, more }: ViewRule): Line {
  return [span(`  ${name}: ${packets}`), span(more === 0n ? '' : ` (+${more})`, 'green')]
}

function packetLines(packets: readonly string[], room: number): Line[] {
  if (room < 2) return []
  const lines = packets
    .slice(-(room - 1))
    .map((text): Line => [span(`  ${text}`, text.includes('not forwarded') ? 'red' : undefined)])
  return [[span('last packets', 'bold')], ...lines]
}

/** '1.2 Mbit/s' */
function bitRate(bits: number): string {
  for (const [unit, size] of [
    ['Gbit/s', 1e9],
    ['Mbit/s', 1e6],
    ['kbit/s', 1e3],
  ] as const) {
    if (bits >= size) return `${(bits / size).toFixed(1)} ${unit}`
  }
  return `${Math.round(bits)} bit/s`
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

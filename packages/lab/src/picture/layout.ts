import type { Picture } from './picture.ts'
import { widthOf } from './width.ts'

/** A node with its place; lengths are CSS pixels. */
export interface Placed {
  readonly node: Picture
  readonly lines: readonly string[]
  /** What its link does, in lines: the first half stands above the link, the rest below it. */
  readonly label: readonly string[]
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly below: readonly Placed[]
}

/** Of a monospaced font of 12 pixels: the widest of those that browsers choose, so that no text leaves its box. */
export const CHARACTER = 7.4
export const LINE = 16
export const PADDING = 8
const ROW_GAP = 14
const SHORTEST_LINK = 36
/** Characters of a label's line: one long link must not stretch those of all its neighbours. */
const LABEL = 24

/** A layered tree from left to right: a column for each level, every subtree a band of rows of its own. */
export function layOut(picture: Picture): Placed {
  return place(picture, 0, 0, columnsOf(picture))
}

interface Column {
  /** Room for the links that lead into it. */
  link: number
  box: number
}

function columnsOf(picture: Picture): Column[] {
  const columns: Column[] = []
  const visit = (node: Picture, level: number): void => {
    columns[level] ??= { link: level === 0 ? 0 : SHORTEST_LINK, box: 0 }
    const column = columns[level]
    column.box = Math.max(column.box, boxOf(node).width)
    if (node.link !== '') column.link = Math.max(column.link, widest(labelOf(node)) * CHARACTER + 2 * PADDING + 12)
    for (const child of node.below) visit(child, level + 1)
  }
  visit(picture, 0)
  return columns
}

function boxOf(node: Picture): { width: number; height: number; lines: string[] } {
  const lines = [node.name, ...(node.nat === undefined ? [] : [node.nat]), ...node.addresses]
  const width = widest(lines) * CHARACTER + 2 * PADDING
  return { width: Math.ceil(width), height: lines.length * LINE + 2 * PADDING, lines }
}

/** The words of a link, as many beside each other as a line has room for. */
function labelOf({ link }: Picture): string[] {
  const lines: string[] = []
  for (const word of link === '' ? [] : link.split(', ')) {
    const longer = [...lines.slice(-1), word].join(', ')
    if (lines.length > 0 && widthOf(longer) <= LABEL) lines[lines.length - 1] = longer
    else lines.push(word)
  }
  return lines
}

/** How many lines of a label stand above the link. */
export function linesAbove(label: readonly string[]): number {
  return Math.ceil(label.length / 2)
}

/** Columns of the longest line. */
export function widest(lines: readonly string[]): number {
  return Math.max(...lines.map(widthOf))
}

function place(node: Picture, level: number, top: number, columns: readonly Column[]): Placed {
  const { height, lines } = boxOf(node)
  const below: Placed[] = []
  let next = top + (heightOf(node) - bandOf(node.below)) / 2
  for (const child of node.below) {
    below.push(place(child, level + 1, next, columns))
    next += heightOf(child) + ROW_GAP
  }
  const y = top + (heightOf(node) - height) / 2
  return { node, lines, label: labelOf(node), x: leftOf(level, columns), y, width: columns[level]!.box, height, below }
}

function leftOf(level: number, columns: readonly Column[]): number {
  const before = columns.slice(0, level).reduce((sum, { box, link }) => sum + box + link, 0)
  return before + columns[level]!.link
}

/** Of a subtree: its own box, the label of its link or everything below it, whichever is tallest. */
function heightOf(node: Picture): number {
  return Math.max(boxOf(node).height, 2 * linesAbove(labelOf(node)) * LINE, bandOf(node.below))
}

function bandOf(nodes: readonly Picture[]): number {
  return nodes.reduce((sum, child) => sum + heightOf(child), 0) + Math.max(0, nodes.length - 1) * ROW_GAP
}

import type { Picture } from './picture.ts'
import { widthOf } from './width.ts'

/** A node with its place; lengths are CSS pixels. */
export interface Placed {
  readonly node: Picture
  readonly lines: readonly string[]
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
    if (node.link !== '') column.link = Math.max(column.link, widthOf(node.link) * CHARACTER + 2 * PADDING + 12)
    for (const child of node.below) visit(child, level + 1)
  }
  visit(picture, 0)
  return columns
}

function boxOf(node: Picture): { width: number; height: number; lines: string[] } {
  const lines = [node.name, ...(node.nat === undefined ? [] : [node.nat]), ...node.addresses]
  const width = Math.max(...lines.map(widthOf)) * CHARACTER + 2 * PADDING
  return { width: Math.ceil(width), height: lines.length * LINE + 2 * PADDING, lines }
}

function place(node: Picture, level: number, top: number, columns: readonly Column[]): Placed {
  const { height, lines } = boxOf(node)
  const below: Placed[] = []
  let next = top + Math.max(0, (height - bandOf(node.below)) / 2)
  for (const child of node.below) {
    below.push(place(child, level + 1, next, columns))
    next += heightOf(child) + ROW_GAP
  }
  const y = top + (heightOf(node) - height) / 2
  return { node, lines, x: leftOf(level, columns), y, width: columns[level]!.box, height, below }
}

function leftOf(level: number, columns: readonly Column[]): number {
  const before = columns.slice(0, level).reduce((sum, { box, link }) => sum + box + link, 0)
  return before + columns[level]!.link
}

/** Of a subtree: its own box or everything below it, whichever is taller. */
function heightOf(node: Picture): number {
  return Math.max(boxOf(node).height, bandOf(node.below))
}

function bandOf(nodes: readonly Picture[]): number {
  return nodes.reduce((sum, child) => sum + heightOf(child), 0) + Math.max(0, nodes.length - 1) * ROW_GAP
}

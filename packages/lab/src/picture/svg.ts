import { CHARACTER, LINE, layOut, linesAbove, PADDING, type Placed, widest } from './layout.ts'
import type { Picture } from './picture.ts'

const MARGIN = 12

/** Mid greys for what lies on the page itself; boxes have a ground of their own: readable on light and dark pages. */
const STYLE = `
    text { font: 12px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; fill: #1b2430; white-space: pre }
    .name { font-weight: bold }
    .link { fill: none; stroke: #7d8894; stroke-width: 1.5 }
    .trunk { stroke-linecap: square }
    .worse { stroke-dasharray: 5 3 }
    .label { fill: #74808c }
    rect { stroke: #5b6773; rx: 5px }
    .internet { fill: #d7e3f1 } .network { fill: #e4e7ea } .router { fill: #fbe3bd }
    .host { fill: #d8efd9 } .server { fill: #e6dcf4 } .again { fill: #e4e7ea; stroke-dasharray: 3 3 }`

/** The picture as an SVG document that needs nothing else. */
export function drawSvg(picture: Picture): string {
  const all = everything(layOut(picture))
  const width = Math.ceil(Math.max(...all.map(({ x, width }) => x + width)) + 2 * MARGIN)
  const height = Math.ceil(Math.max(...all.map(({ y, height }) => y + height)) + 2 * MARGIN)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `  <title>${xml(picture.name)}</title>`,
    `  <style>${STYLE}\n  </style>`,
    `  <g transform="translate(${MARGIN} ${MARGIN})">`,
    ...all.flatMap(links),
    ...all.flatMap(box),
    '  </g>',
    '</svg>',
    '',
  ].join('\n')
}

function everything(placed: Placed): Placed[] {
  return [placed, ...placed.below.flatMap(everything)]
}

function box({ node, lines, x, y, width, height }: Placed): string[] {
  return [
    `    <rect class="${node.kind}" x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" rx="5"/>`,
    ...lines.map((line, index) => {
      const style = index === 0 ? ' class="name"' : ''
      return `    <text${style} x="${round(x + PADDING)}" y="${round(y + PADDING + LINE * index + 12)}">${xml(line)}</text>`
    }),
  ]
}

/** Out of the parent, along a rail that its children share, and level into each of them. */
function links(from: Placed): string[] {
  if (from.below.length === 0) return []
  const rail = from.x + from.width + 12
  const heights = [from, ...from.below].map(middle)
  const [top, bottom] = [Math.min(...heights), Math.max(...heights)]
  const trunk = `M${round(from.x + from.width)} ${round(middle(from))}H${round(rail)}`
  const path = top === bottom ? trunk : `${trunk}M${round(rail)} ${round(top)}V${round(bottom)}`
  return [`    <path class="link trunk" d="${path}"/>`, ...from.below.flatMap((to) => link(rail, to))]
}

/** From the rail into the child, with the label around it. */
function link(rail: number, to: Placed): string[] {
  const style = to.label.length === 0 ? 'link' : 'link worse'
  return [`    <path class="${style}" d="M${round(rail)} ${round(middle(to))}H${round(to.x)}"/>`, ...label(to)]
}

function label(to: Placed): string[] {
  const left = to.x - PADDING - widest(to.label) * CHARACTER
  const above = linesAbove(to.label)
  return to.label.map((line, index) => {
    const y = middle(to) + (index < above ? -5 : -3) + (index - above + 1) * LINE
    return `    <text class="label" x="${round(left)}" y="${round(y)}">${xml(line)}</text>`
  })
}

function middle({ y, height }: Placed): number {
  return y + height / 2
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10)
}

/** For text of XML 1.0: no markup, and no characters that it forbids. */
function xml(text: string): string {
  return text
    .replace(/[^\t\n\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '?')
    .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
